"""X.509 certificates, read."""

from __future__ import annotations

from cryptography import x509
from cryptography.x509.oid import NameOID

from reconciler.model.network import Certificate


def from_der(encoded: bytes) -> Certificate | None:
    """What a certificate in DER says, or None when it cannot be read."""
    try:
        return _read(x509.load_der_x509_certificate(encoded))
    except ValueError:
        return None


def from_pem(text: str) -> Certificate | None:
    """What the first certificate in a PEM text says, or None when there is none that can be read."""
    try:
        return _read(x509.load_pem_x509_certificate(text.encode()))
    except ValueError:
        return None


def _read(found: x509.Certificate) -> Certificate:
    return Certificate(
        subject=_shown(found.subject),
        issuer=_shown(found.issuer),
        names=_names(found),
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
    )


def _shown(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        listed = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = listed.get_values_for_type(x509.IPAddress)
    return (*listed.get_values_for_type(x509.DNSName), *map(str, addresses))
