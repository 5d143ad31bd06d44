"""Where a URL leads, and who may be shown credentials."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from reconciler.errors import TransferError, TransferReason
from reconciler.model.secret import SecretText

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port: https://www.rfc-editor.org/rfc/rfc6454."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of a URL. Raises TransferError: it is none of HTTP."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise _no_address(url) from error
        if parts.scheme not in _PORTS or not host:
            raise _no_address(url)
        return cls(parts.scheme, host, port or _PORTS[parts.scheme])

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


@dataclass(frozen=True, slots=True)
class Login:
    """Credentials, and the one origin that they are sent to: a redirect to another one goes without them."""

    origin: Origin
    authorization: SecretText

    @classmethod
    def basic(cls, url: str, username: str, password: SecretText) -> Login:
        """User and password, for the server of `url`."""
        pair = f"{username}:{password.reveal()}".encode()
        return cls(Origin.of(url), SecretText(f"Basic {base64.b64encode(pair).decode()}"))

    @classmethod
    def bearer(cls, url: str, token: SecretText) -> Login:
        """A token, for the server of `url`. Raises TransferError: it cannot be sent in a header."""
        if not (token.reveal().isascii() and token.reveal().isprintable()):
            raise TransferError(
                f"{Origin.of(url)}: its token holds characters that no token has", reason=TransferReason.OTHER
            )
        return cls(Origin.of(url), SecretText(f"Bearer {token.reveal()}"))


def joined(base: str, reference: str) -> str:
    """The URL that a server names, maybe relative to `base`. Raises TransferError: it is none."""
    try:
        # JSON can hold halves of characters, which no request can.
        return urljoin(base, reference).encode().decode()
    except ValueError as error:
        raise _no_address(reference) from error


def shown(url: str) -> str:
    """A URL as messages name it: without a login, and without a query, which may be signed."""
    try:
        return f"{Origin.of(url)}{urlsplit(url).path}"
    except TransferError:
        return "an address that is no URL"


def _no_address(url: str) -> TransferError:
    # The address is not shown as a whole: it may hold a password.
    scheme, colon, _rest = url.partition("://")
    what = f"an address of {scheme[:20]!r}" if colon else "an address without http:// or https://"
    return TransferError(f"{what} cannot be used", reason=TransferReason.OTHER, hint="it has to be http(s)://HOST/…")
