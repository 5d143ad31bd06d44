"""Where a connection ends, on real sockets, real TLS and a real proxy."""

from __future__ import annotations

import http.server
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.adapters import network
from reconciler.adapters.network import reach
from reconciler.model.network import Endpoint, Fault, Step
from tests.adapters.kube.servers import Authority, serve
from tests.servers import free_port

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Whom the client trusts."""
    return Authority.new()


def steps(endpoint: Endpoint) -> list[tuple[Step, Fault | None]]:
    """The steps and their faults."""
    return [(hop.step, hop.fault) for hop in reach(endpoint)]


def test_an_open_way(authority: Authority, tmp_path: Path) -> None:
    """Each step with whom it was made to and how long it took; the server's certificate is read."""
    with serve(tls=authority.context(tmp_path, "localhost", "127.0.0.1", ends=90 * DAY)) as server:
        dns, tcp, tls = reach(Endpoint("127.0.0.1", server.port, secure=True, authority=authority.pem))
    assert [(hop.step, hop.fault) for hop in (dns, tcp, tls)] == [(Step.DNS, None), (Step.TCP, None), (Step.TLS, None)]
    assert (dns.peer, tcp.peer) == ("127.0.0.1", f"127.0.0.1:{server.port}")
    assert all(0 <= hop.milliseconds < 5000 for hop in (dns, tcp, tls))
    assert tls.detail.startswith("TLSv1.")
    assert tls.certificate is not None
    assert tls.certificate.names == ("localhost", "127.0.0.1")
    assert tls.certificate.issuer == "test authority"
    assert 89 <= (tls.certificate.not_after - datetime.now(UTC)).days <= 90


def test_a_server_without_tls() -> None:
    """Two steps are all that there is."""
    with serve() as server:
        assert steps(Endpoint("127.0.0.1", server.port, secure=False)) == [(Step.DNS, None), (Step.TCP, None)]


@pytest.mark.parametrize(
    ("name", "begins", "ends", "fault"),
    [
        pytest.param("127.0.0.1", -2 * DAY, -DAY, Fault.EXPIRED, id="expired"),
        pytest.param("127.0.0.1", DAY, 2 * DAY, Fault.NOT_YET_VALID, id="not yet valid"),
        pytest.param("other.example.com", -DAY, DAY, Fault.WRONG_NAME, id="another name"),
        pytest.param("127.0.0.2", -DAY, DAY, Fault.WRONG_NAME, id="another address"),
    ],
)
def test_a_certificate_that_is_refused(
    name: str, begins: timedelta, ends: timedelta, fault: Fault, authority: Authority, tmp_path: Path
) -> None:
    """The fault is told apart, and what the certificate says is there all the same."""
    with serve(tls=authority.context(tmp_path, name, begins=begins, ends=ends)) as server:
        last = reach(Endpoint("127.0.0.1", server.port, secure=True, authority=authority.pem))[-1]
    assert (last.step, last.fault) == (Step.TLS, fault)
    assert last.certificate is not None
    assert last.certificate.names == (name,)


def test_an_unknown_authority(authority: Authority, tmp_path: Path) -> None:
    """A certificate of somebody else is not trusted; whoever trusts any server gets through."""
    with serve(tls=authority.context(tmp_path, "127.0.0.1")) as server:
        distrusting = Endpoint("127.0.0.1", server.port, secure=True, authority=Authority.new("another").pem)
        last = reach(distrusting)[-1]
        assert (last.fault, last.certificate is not None) == (Fault.UNTRUSTED, True)
        assert reach(Endpoint("127.0.0.1", server.port, secure=True, verify=False))[-1].fault is None


def test_the_name_that_is_asked_for_can_be_another(authority: Authority, tmp_path: Path) -> None:
    """As `tls-server-name` of a kubeconfig says."""
    with serve(tls=authority.context(tmp_path, "api.example.com")) as server:
        endpoint = Endpoint("127.0.0.1", server.port, True, "api.example.com", authority.pem)  # noqa: FBT003 (secure)
        assert reach(endpoint)[-1].fault is None


def test_a_server_that_speaks_no_tls() -> None:
    """An HTTP server where TLS was expected."""
    with serve() as server:
        assert steps(Endpoint("127.0.0.1", server.port, secure=True))[-1] == (Step.TLS, Fault.NO_TLS)


def test_a_closed_port() -> None:
    """Nobody listens."""
    assert steps(Endpoint("127.0.0.1", free_port(), secure=True)) == [(Step.DNS, None), (Step.TCP, Fault.REFUSED)]


def test_an_unknown_host() -> None:
    """A name that no resolver knows (RFC 6761 keeps .invalid free)."""
    assert steps(Endpoint("api.invalid", 443, secure=True)) == [(Step.DNS, Fault.UNKNOWN_HOST)]


def test_a_server_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """It accepts and says nothing: no answer in time."""
    monkeypatch.setattr(network, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert steps(Endpoint("127.0.0.1", port, secure=True))[-1] == (Step.TLS, Fault.TIMEOUT)


def test_through_a_proxy(authority: Authority, tmp_path: Path) -> None:
    """The first steps are the proxy's, then a tunnel, then the server's TLS; the proxy gets its login, nobody else."""
    with serve(tls=authority.context(tmp_path, "127.0.0.1")) as server, proxy() as (url, seen):
        endpoint = Endpoint(
            "127.0.0.1", server.port, secure=True, authority=authority.pem, proxy=url.replace("//", "//me:pass%20word@")
        )
        hops = reach(endpoint)
    assert [(hop.step, hop.fault) for hop in hops] == [(step, None) for step in Step]
    assert hops[1].peer == url.removeprefix("http://")
    assert seen == [(f"127.0.0.1:{server.port}", "Basic bWU6cGFzcyB3b3Jk")]


@pytest.mark.parametrize(("code", "fault"), [(403, Fault.DENIED_BY_PROXY), (407, Fault.DENIED_BY_PROXY)])
def test_a_proxy_that_refuses(code: int, fault: Fault) -> None:
    """It answers, with a no."""
    with proxy(code) as (url, _):
        last = reach(Endpoint("127.0.0.1", 1, secure=True, proxy=url))[-1]
    assert (last.step, last.fault) == (Step.PROXY, fault)
    assert last.detail.startswith(str(code))


def test_a_proxy_that_is_none() -> None:
    """Something answers, but not in HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as fake:

        def greet() -> None:
            with fake.accept()[0] as client:
                client.recv(4096)
                client.sendall(b"220 mail.example.com\r\n\r\n")

        threading.Thread(target=greet, daemon=True).start()
        url = f"http://127.0.0.1:{fake.getsockname()[1]}"
        assert steps(Endpoint("127.0.0.1", 1, secure=True, proxy=url))[-1] == (Step.PROXY, Fault.BAD_PROXY)


@contextmanager
def proxy(code: int = 200) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """A forwarding proxy that answers CONNECT with `code`; and what it was asked, with the login."""
    seen: list[tuple[str, str | None]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            seen.append((self.path, self.headers.get("Proxy-Authorization")))
            self.send_response(code)
            self.end_headers()
            if code == 200:
                host, _, port = self.path.rpartition(":")
                with socket.create_connection((host, int(port))) as onward:
                    _join(self.connection, onward)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


def _join(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while True:
            ready, _, _ = select.select([one, other], [], [], 5)
            if not ready:
                return
            for side in ready:
                data = side.recv(65536)
                if not data:
                    return
                (other if side is one else one).sendall(data)
