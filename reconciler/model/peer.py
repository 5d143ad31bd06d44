"""Whom an address belongs to."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

# Bits that one customer or host is given, and may choose addresses in: RFC 6177.
_OWN = 64


@lru_cache(1024)
def peer(address: str) -> str:
    """What is counted as one client: an IPv4 address, or of an IPv6 address the 64 bits that no client chooses."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(IPv6Address(int(known) >> _OWN << _OWN))
