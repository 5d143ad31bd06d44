"""What `requests` raises and servers refuse, in our words."""

from __future__ import annotations

import json
from http import HTTPStatus

import requests
import urllib3

from reconciler.adapters.http.origin import Origin, shown
from reconciler.errors import TransferError, TransferReason
from reconciler.model.json import Json, as_map, text_at

_LONGEST_QUOTE = 300


class BrokenConnectionError(TransferError):
    """The connection was there and broke, or the answer stopped: the next attempt may succeed."""


def failure(error: requests.RequestException, url: str) -> TransferError:
    """The error for a request that got no whole answer."""
    origin, why = Origin.of(url), _cause(error)
    if isinstance(why, urllib3.exceptions.SSLError) and (distrust := _distrust(str(why))):
        return _error(origin, *distrust, reason=TransferReason.UNTRUSTED)
    for kind, text, hint in _NO_CONNECTION:
        if isinstance(why, kind):
            return _error(origin, "connection refused" if "refused" in str(why) else text, hint)
    for raised, text in _BROKEN:
        if isinstance(error, raised):
            return BrokenConnectionError(f"{origin}: {text}", reason=TransferReason.UNREACHABLE, hint="try again")
    return _error(origin, f"there is no usable answer ({type(error).__name__})", None, reason=TransferReason.OTHER)


def refusal(status: int, content: bytes, url: str, *, with_login: bool) -> TransferError:
    """The error for an answer that is no."""
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    detail = _detail(content)
    said = f"{status} {phrase}".strip() + (f": {detail}" if detail else "")
    reason = _REASONS.get(status, TransferReason.OTHER)
    return TransferError(
        f"{shown(url)} was answered with {said}", reason=reason, hint=_hint(status, with_login=with_login)
    )


def other_content(url: str, wanted: str, found: str) -> TransferError:
    """The error for content that has not the digest under which it was published."""
    return TransferError(
        f"{shown(url)} has the digest {found}, not {wanted}",
        reason=TransferReason.CORRUPT,
        hint="what the server gives is not what was published: ask who keeps it",
    )


def _hint(status: int, *, with_login: bool) -> str | None:
    if status == HTTPStatus.UNAUTHORIZED:
        return "the credentials are wrong or have expired" if with_login else "it asks for credentials: give them"
    if status == HTTPStatus.FORBIDDEN:
        return "the credentials lack this right: ask for it" if with_login else "it may ask for credentials: give them"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "it allows no more requests for now: wait, or log in"
    return None


_REASONS: dict[int, TransferReason] = {
    HTTPStatus.UNAUTHORIZED: TransferReason.DENIED,
    HTTPStatus.FORBIDDEN: TransferReason.DENIED,
    HTTPStatus.NOT_FOUND: TransferReason.NOT_FOUND,
    HTTPStatus.CONFLICT: TransferReason.CONFLICT,
    HTTPStatus.BAD_GATEWAY: TransferReason.UNREACHABLE,
    HTTPStatus.SERVICE_UNAVAILABLE: TransferReason.UNREACHABLE,
    HTTPStatus.GATEWAY_TIMEOUT: TransferReason.UNREACHABLE,
}

_NO_CONNECTION: tuple[tuple[type[BaseException], str, str], ...] = (
    (urllib3.exceptions.ProxyError, "its proxy cannot be reached", "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"),
    (urllib3.exceptions.NameResolutionError, "its name is not known to DNS", "check the host's name, and the VPN"),
    (urllib3.exceptions.NewConnectionError, "no connection", "is the server running, and are host and port right?"),
    # The others are kinds of it.
    (urllib3.exceptions.ConnectTimeoutError, "no connection in time", "check the network, the VPN and the firewall"),
)

_BROKEN: tuple[tuple[type[requests.RequestException], str], ...] = (
    (requests.Timeout, "no answer in time"),
    (requests.ConnectionError, "the connection broke"),
    (requests.exceptions.ChunkedEncodingError, "the connection broke"),
)


def _error(
    origin: Origin, why: str, hint: str | None, *, reason: TransferReason = TransferReason.UNREACHABLE
) -> TransferError:
    return TransferError(f"{origin}: {why}", reason=reason, hint=hint)


def _cause(error: requests.RequestException) -> BaseException:
    """What urllib3 said, below the wrappings."""
    cause = error.args[0] if error.args and isinstance(error.args[0], BaseException) else error
    return cause.reason if isinstance(cause, urllib3.exceptions.MaxRetryError) and cause.reason else cause


def _distrust(text: str) -> tuple[str, str] | None:
    """Text and hint when the certificate is at fault; None when TLS broke for another reason."""
    if "CERTIFICATE_VERIFY_FAILED" in text:
        why = text.rsplit("certificate verify failed: ", 1)[-1].partition(" (_ssl")[0].rstrip("')")
        if "mismatch" in why:
            return f"its certificate is for another name ({why})", "check the host's name"
        if "expired" in why:
            return f"its certificate is not valid ({why})", "have the server's certificate renewed"
        return f"its certificate is not trusted ({why})", "name its authority with `caFile`"
    if "[X509" in text:
        return "the file with its certificate authority holds no certificate", "`caFile` has to name a file in PEM"
    if any(word in text for word in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")):
        return "it does not speak TLS", "if it is a server without TLS, say so: http://, or `plainHttp: true`"
    return None


def _detail(content: bytes) -> str:
    """What the server says of it, on one line: the message of a registry or of ChartMuseum; nothing of a web page."""
    try:
        document: Json = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    errors = as_map(document).get("errors")
    told = [text_at(item, "message") or text_at(item, "code") for item in errors] if isinstance(errors, list) else []
    text = "; ".join(filter(None, told)) or text_at(document, "error") or text_at(document, "message")
    return " ".join(text.split())[:_LONGEST_QUOTE]
