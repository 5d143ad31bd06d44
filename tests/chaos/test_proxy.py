"""The proxy is what it says: without a fault invisible, and with one exactly that, once."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.adapters.kube.servers import Answer, Authority, Server, serve
from tests.chaos.faults import Fault
from tests.chaos.proxy import Proxy, Strike, Upstream, run_proxy

SERVED = Answer(body=json.dumps({"kind": "List", "items": list(range(100))}))


@contextmanager
def proxied(folder: Path, strike: Strike | None = None) -> Iterator[tuple[Proxy, Server, list[str]]]:
    """A proxy before a server; and who was killed."""
    authority = Authority.new()
    killed: list[str] = []
    with serve(SERVED, tls=authority.context(folder, "127.0.0.1")) as server:
        trust = ssl.create_default_context(cadata=authority.pem)
        upstream = Upstream("127.0.0.1", server.port, "the-real-token", trust)
        with run_proxy(upstream, folder, strike, lambda: killed.append("client")) as proxy:
            yield proxy, server, killed


def ask(proxy: Proxy, method: str = "GET", path: str = "/api/v1/pods") -> tuple[int, bytes, dict[str, str]]:
    """One request with the present token."""
    trust = ssl.create_default_context(cadata=proxy.authority)
    host = proxy.url.removeprefix("https://")
    login = {"Authorization": f"Bearer {proxy.token_file.read_text()}"}
    with closing(http.client.HTTPSConnection(host, context=trust, timeout=10)) as connection:
        connection.request(method, path, b"{}" if method == "PATCH" else None, login)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())


def test_without_a_fault_it_is_invisible(tmp_path: Path) -> None:
    """Requests and answers pass as they are, with the proxy's own token instead of the client's."""
    with proxied(tmp_path) as (proxy, server, _):
        status, body, _ = ask(proxy, "PATCH", "/api/v1/pods/x?a=b")
    assert (status, body.decode()) == (200, SERVED.body)
    ((method, path, headers, sent),) = server.requests
    assert (method, path, sent) == ("PATCH", "/api/v1/pods/x?a=b", "{}")
    assert headers["Authorization"] == "Bearer the-real-token"
    assert [(asked.number, asked.method, asked.target) for asked in proxy.seen] == [(0, "PATCH", "/api/v1/pods/x?a=b")]


@pytest.mark.parametrize(
    ("fault", "code", "headers"),
    [
        (Fault.BUSY, 429, {"Retry-After": "1"}),
        (Fault.BROKEN, 500, {}),
        (Fault.UNAVAILABLE, 503, {}),
        (Fault.TIMEOUT, 504, {}),
        (Fault.EXPIRED, 401, {}),
        (Fault.CONFLICT, 409, {}),
    ],
)
def test_refusals(fault: Fault, code: int, headers: dict[str, str], tmp_path: Path) -> None:
    """A Kubernetes Status that the server knows nothing of; the next request passes."""
    with proxied(tmp_path, Strike(fault, 1)) as (proxy, server, _):
        assert ask(proxy, "PATCH")[0] == 200
        status, body, told = ask(proxy, "PATCH")
        assert (status, json.loads(body)["code"], len(server.requests)) == (code, code, 1)
        assert told.items() >= headers.items()
        assert ask(proxy, "PATCH")[0] == 200
    assert proxy.struck == proxy.seen[1]


@pytest.mark.parametrize(
    ("fault", "reached", "kills"),
    [
        (Fault.RESET_BEFORE, 0, []),
        (Fault.RESET_AFTER, 1, []),
        (Fault.KILL_BEFORE, 0, ["client"]),
        (Fault.KILL_AFTER, 1, ["client"]),
        (Fault.TRUNCATED, 1, []),
    ],
)
def test_broken_connections(fault: Fault, reached: int, kills: list[str], tmp_path: Path) -> None:
    """The client gets no whole answer; whether the server saw the request is what the fault says."""
    with proxied(tmp_path, Strike(fault, 0)) as (proxy, server, killed):
        with pytest.raises((http.client.HTTPException, OSError)):
            ask(proxy)
        assert (len(server.requests), killed) == (reached, kills)
        assert ask(proxy)[0] == 200


def test_a_watch_that_is_gone(tmp_path: Path) -> None:
    """An event of type ERROR with code 410, as API servers send it; other requests are spared."""
    with proxied(tmp_path, Strike(Fault.GONE, 0)) as (proxy, _, _):
        assert ask(proxy)[1].decode() == SERVED.body
        event = json.loads(ask(proxy, path="/api/v1/pods?watch=true")[1])
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


def test_a_token_that_expires(tmp_path: Path) -> None:
    """The old one is refused from then on; the new one is in the file."""
    with proxied(tmp_path, Strike(Fault.EXPIRED, 0)) as (proxy, _, _):
        old = proxy.token_file.read_text()
        assert ask(proxy)[0] == 401
        assert not proxy.knows(f"Bearer {old}")
        assert ask(proxy)[0] == 200


def test_the_kubeconfig_names_no_token_itself(tmp_path: Path) -> None:
    """It names the file, so that a client sees the new one."""
    with proxied(tmp_path) as (proxy, _, _):
        assert proxy.token_file.read_text() not in proxy.kubeconfig
        assert base64.b64encode(proxy.authority.encode()).decode() in proxy.kubeconfig
