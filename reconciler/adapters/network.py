"""One connection to a server, taken apart into its steps: where it ends, and how long each took."""

from __future__ import annotations

import base64
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from reconciler.model.network import Certificate, Endpoint, Fault, Hop, Step

# Seconds for each step: a server that takes longer is of no use to an apply.
TIMEOUT = 5.0
# The head of a proxy's answer is short; whoever sends more is none.
_LONGEST_HEAD = 16_384
_PORTS = {"http": 80, "https": 443}
# OpenSSL's codes of verification: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_VERIFY_FAULTS = {9: Fault.NOT_YET_VALID, 10: Fault.EXPIRED, 62: Fault.WRONG_NAME, 64: Fault.WRONG_NAME}

T = TypeVar("T")


class _Wire(Protocol):
    def sendall(self, data: bytes, /) -> None: ...
    def recv(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


class _Broke(Exception):  # noqa: N818 - it is no error of the program: where a connection ends is the answer
    """A step failed."""

    def __init__(self, fault: Fault, detail: str, certificate: Certificate | None = None) -> None:
        self.fault = fault
        self.detail = detail
        self.certificate = certificate


def reach(endpoint: Endpoint) -> tuple[Hop, ...]:
    """The steps of a connection to a server; the last one has the fault, if there is one."""
    return tuple(_Connection(endpoint).hops())


@dataclass(frozen=True, slots=True)
class _Connection:
    endpoint: Endpoint

    def hops(self) -> Iterator[Hop]:
        with ExitStack() as stack:
            try:
                yield from self._hops(stack)
            except _Failed as failed:
                yield failed.hop

    def _hops(self, stack: ExitStack) -> Iterator[Hop]:
        proxy = _proxy(self.endpoint)
        host, port = _address(proxy) if proxy else (self.endpoint.host, self.endpoint.port)
        hop, addresses = _timed(Step.DNS, host, lambda: _resolve(host, port))
        yield _with(hop, ", ".join(dict.fromkeys(str(info[4][0]) for info in addresses)))
        hop, opened = _timed(Step.TCP, _peer(host, port), lambda: stack.enter_context(closing(_connect(addresses))))
        yield hop
        wire: _Wire = opened
        if proxy:
            hop, wire = _timed(Step.PROXY, _peer(host, port), lambda: self._tunnel(proxy, wire))
            yield hop
        if self.endpoint.secure:
            hop, (protocol, certificate) = _timed(Step.TLS, self._target, lambda: self._shake_hands(wire))
            yield _with(hop, protocol, certificate)

    @property
    def _target(self) -> str:
        return _peer(self.endpoint.host, self.endpoint.port)

    def _tunnel(self, proxy: SplitResult, wire: _Wire) -> _Wire:
        """A way through the proxy to the server (RFC 9110, 9.3.6)."""
        if proxy.scheme == "https":
            wire = _wrap(ssl.create_default_context(), wire, proxy.hostname or "")
        lines = [f"CONNECT {self._target} HTTP/1.1", f"Host: {self._target}"]
        if proxy.username:
            given = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
            lines.append(f"Proxy-Authorization: Basic {base64.b64encode(given.encode()).decode()}")
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        status = _head(wire).split(b"\r\n", 1)[0].decode(errors="replace").split(" ", 2)
        if len(status) < 2 or not status[0].startswith("HTTP/"):  # noqa: PLR2004 - protocol and code
            raise _Broke(Fault.BAD_PROXY, "it does not answer as an HTTP proxy")
        if not status[1].startswith("2"):
            raise _Broke(Fault.DENIED_BY_PROXY, " ".join(status[1:]))
        return wire

    def _shake_hands(self, wire: _Wire) -> tuple[str, Certificate | None]:
        name = self.endpoint.server_name or self.endpoint.host
        try:
            secured = _wrap(self._context(verify=self.endpoint.verify), wire, name)
        except ssl.SSLCertVerificationError as error:
            fault = _VERIFY_FAULTS.get(error.verify_code, Fault.UNTRUSTED)
            raise _Broke(fault, error.verify_message, self._untrusted_certificate()) from error
        except ssl.SSLError as error:
            raise _Broke(Fault.NO_TLS, (error.reason or "no TLS").replace("_", " ").lower()) from error
        return str(secured.version()), _parsed(secured.getpeercert(True))  # noqa: FBT003 - the same call on both kinds of sockets

    def _context(self, *, verify: bool) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.endpoint.authority)
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _untrusted_certificate(self) -> Certificate | None:
        """The certificate that was refused, by a second connection that looks at it and sends nothing."""
        looking = replace(self.endpoint, authority=None, verify=False)
        return next((hop.certificate for hop in reach(looking) if hop.step is Step.TLS), None)


class _Failed(Exception):  # noqa: N818 - as above
    def __init__(self, hop: Hop) -> None:
        self.hop = hop


def _timed(step: Step, peer: str, act: Callable[[], T]) -> tuple[Hop, T]:
    begin = time.monotonic()
    try:
        made = act()
    except _Broke as broke:
        taken = _milliseconds(begin)
        raise _Failed(Hop(step, peer, taken, broke.fault, broke.detail, broke.certificate)) from broke
    except (OSError, ValueError) as error:
        raise _Failed(Hop(step, peer, _milliseconds(begin), _fault(step, error), _told(error))) from error
    return Hop(step, peer, _milliseconds(begin)), made


def _milliseconds(begin: float) -> float:
    return (time.monotonic() - begin) * 1000


def _with(hop: Hop, detail: str, certificate: Certificate | None = None) -> Hop:
    return Hop(hop.step, hop.peer, hop.milliseconds, hop.fault, detail, certificate)


def _fault(step: Step, error: OSError | ValueError) -> Fault:
    if step is Step.DNS:
        return Fault.UNKNOWN_HOST
    if isinstance(error, ConnectionRefusedError):
        return Fault.REFUSED
    if isinstance(error, TimeoutError):
        return Fault.TIMEOUT
    return Fault.NO_ROUTE if step is Step.TCP else Fault.BROKEN


def _told(error: OSError | ValueError) -> str:
    return str(getattr(error, "strerror", None) or error).lower()


def _resolve(host: str, port: int) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def _connect(addresses: list[Any]) -> socket.socket:
    """A socket to the first address that accepts; the last refusal is raised."""
    last: OSError | None = None
    for family, kind, protocol, _, address in addresses:
        made = socket.socket(family, kind, protocol)
        made.settimeout(TIMEOUT)
        try:
            made.connect(address)
        except OSError as error:
            made.close()
            last = error
        else:
            return made
    raise last or OSError("it has no address")


def _wrap(context: ssl.SSLContext, wire: Any, name: str) -> Any:
    if isinstance(wire, ssl.SSLSocket):
        # TLS inside TLS, which the standard library does not do.
        from urllib3.util.ssltransport import SSLTransport  # noqa: PLC0415 - only for such proxies

        return SSLTransport(wire, context, server_hostname=name)
    return context.wrap_socket(wire, server_hostname=name)


def _proxy(endpoint: Endpoint) -> SplitResult | None:
    return urlsplit(endpoint.proxy) if endpoint.proxy else None


def _address(proxy: SplitResult) -> tuple[str, int]:
    return proxy.hostname or "", proxy.port or _PORTS.get(proxy.scheme, 80)


def _peer(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _head(wire: _Wire) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received and len(received) < _LONGEST_HEAD:
        more = wire.recv(1)  # no byte of what comes after
        if not more:
            break
        received += more
    return received


def _parsed(encoded: bytes | None) -> Certificate | None:
    from reconciler.adapters.certificates import from_der  # noqa: PLC0415 - heavy

    return from_der(encoded) if encoded else None
