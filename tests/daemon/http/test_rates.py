"""How many requests a client may send, over real connections."""

from __future__ import annotations

import http.client
import re
import socket
from collections import Counter

from reconciler.daemon.http.rates import BURST
from reconciler.daemon.http.site import Answer
from tests.daemon.http.conftest import Served, Serving

PROBES = {path: lambda: Answer(200, "text/plain", b"ok") for path in ("/healthz", "/metrics")}
STYLE = "GET /static/style.css"


def flood(served: Served, asked: str, count: int) -> Counter[int]:
    """Ask so many times as fast as can be; how often it was answered what."""
    host = served.url.removeprefix("http://")
    request = f"{asked} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n"
    last = f"{request}Connection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])), timeout=20) as connection:
        connection.sendall(f"{request}\r\n".encode() * (count - 1) + last.encode())
        answers = b"".join(iter(lambda: connection.recv(65_536), b""))
    return Counter(int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers))


def status(served: Served, path: str, host: str) -> int:
    """What a client with this address of the loopback is answered."""
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=10, source_address=(host, 0))
    connection.request("GET", path)
    found = connection.getresponse().status
    connection.close()
    return found


def test_a_client_that_asks_too_much(serving: Serving) -> None:
    """Is refused what is beyond the bound; probes are answered all the same, and so are others."""
    served = serving(answers=PROBES)
    counts = flood(served, STYLE, 3 * BURST)
    assert counts.keys() == {200, 429}
    assert BURST <= counts[200] < 2 * BURST
    for path in PROBES:
        assert flood(served, f"GET {path}", 50) == {200: 50}
    assert status(served, "/", "127.0.0.2") == 200


def test_a_refusal_says_when_to_ask_again(serving: Serving) -> None:
    """And by then it is over; the refusal has the headers of every answer."""
    served = serving()
    assert flood(served, STYLE, 3 * BURST)[429]
    refused = next(answer for _ in range(BURST) if (answer := served.get("/")).status_code == 429)
    assert (refused.headers["retry-after"], refused.text) == ("1", "too many requests\n")
    assert "Content-Security-Policy" in refused.headers
    assert 200 in (status(served, "/", "127.0.0.1") for _ in range(1_000))


def test_webhooks_count_too(serving: Serving) -> None:
    """Each costs a digest of a body, whoever sends it."""
    assert flood(serving(), "POST /webhooks/github", 3 * BURST)[429]
