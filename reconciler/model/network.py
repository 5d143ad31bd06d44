"""How far a connection to a server gets, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server to be reached.

    Attributes:
        secure: whether it speaks TLS.
        server_name: the name that its certificate is checked for, where that is not `host`.
        authority: PEM of the certificate authority; None means the system's.
        verify: False trusts any certificate.
        proxy: the URL of the HTTP proxy on the way; it may hold a password.
    """

    host: str
    port: int
    secure: bool
    server_name: str | None = None
    authority: str | None = field(default=None, repr=False)
    verify: bool = True
    proxy: str | None = field(default=None, repr=False)


class Step(StrEnum):
    """The steps of a connection, in their order."""

    DNS = "DNS"
    TCP = "TCP"
    PROXY = "proxy"
    TLS = "TLS"


class Fault(StrEnum):
    """Why a step did not succeed."""

    UNKNOWN_HOST = "unknown host"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NO_ROUTE = "no route"
    BAD_PROXY = "bad proxy"
    DENIED_BY_PROXY = "denied by proxy"
    NO_TLS = "no TLS"
    UNTRUSTED = "untrusted"
    WRONG_NAME = "wrong name"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Hop:
    """One step.

    Attributes:
        peer: whom it was made to: a host for DNS, else `host:port`; the proxy's where there is one.
        milliseconds: how long it took.
        fault: why it failed; None when it succeeded.
        detail: for DNS the addresses, for TLS the protocol; for a fault what the system said.
        certificate: the server's, when it gave one, even if it is not trusted.
    """

    step: Step
    peer: str
    milliseconds: float
    fault: Fault | None = None
    detail: str = ""
    certificate: Certificate | None = None
