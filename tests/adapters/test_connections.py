"""What a client may hold of the HTTP server, tried with raw sockets."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
import requests

from reconciler.adapters.connections import Bounds
from reconciler.adapters.serving import Server, serve

BOUNDS = Bounds(connections=6, each=4, arrival=1.5, answer=2.0)
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
# Seconds: what is to be cut off is, by then.
_PATIENCE = 10.0


async def answering(scope: Any, receive: Any, send: Any) -> None:
    """Answers at once; `/never` not at all, and `/large` with more than sockets hold."""
    if scope["path"] == "/never":
        await asyncio.sleep(60)
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    size = 50_000_000 if scope["path"] == "/large" else 5
    await send({"type": "http.response.body", "body": b"x" * size})


@pytest.fixture
def server() -> Iterator[Server]:
    """With bounds that a test can wait for."""
    made = serve(answering, ":0", bounds=BOUNDS)
    yield made
    made.stop()


def connected(server: Server, stack: ExitStack, host: str = "127.0.0.1") -> socket.socket:
    """A connection from another address of the loopback."""
    made = socket.create_connection(("127.0.0.1", server.port), timeout=_PATIENCE, source_address=(host, 0))
    return stack.enter_context(made)


def is_cut_off(connection: socket.socket) -> bool:
    """Whether it ends by itself, while we wait; what comes before the end is read."""
    try:
        while connection.recv(65_536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def answered(server: Server, host: str = "127.0.0.1") -> bool:
    """Whether a client with this address is."""
    try:
        with ExitStack() as stack:
            connection = connected(server, stack, host)
            connection.sendall(REQUEST)
            return connection.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def drip(connection: socket.socket, seconds: float = _PATIENCE) -> float:
    """Send a header byte by byte for as long as that goes; how long it went."""
    began = time.monotonic()
    try:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        while time.monotonic() < began + seconds:
            connection.sendall(b"a")
            time.sleep(0.05)
    except OSError:
        pass
    return time.monotonic() - began


def test_who_says_nothing(server: Server) -> None:
    """Is cut off."""
    with ExitStack() as stack:
        assert is_cut_off(connected(server, stack))


def test_a_slow_header(server: Server) -> None:
    """Is cut off however regularly its bytes come."""
    with ExitStack() as stack:
        assert drip(connected(server, stack)) < _PATIENCE


def test_a_slow_header_after_a_good_one(server: Server) -> None:
    """A first request buys no more time for the next."""
    with ExitStack() as stack:
        connection = connected(server, stack)
        connection.sendall(REQUEST)
        assert connection.recv(1_000)
        assert drip(connection) < _PATIENCE


def test_a_header_without_end(server: Server) -> None:
    """Is answered 400 when it is larger than any of a browser's."""
    with ExitStack() as stack:
        connection = connected(server, stack)
        connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000)
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("path", ["/never", "/large"])
def test_a_request_without_end(server: Server, path: str) -> None:
    """What is not answered, or whose answer is not taken, is given up."""
    with ExitStack() as stack:
        connection = connected(server, stack)
        connection.sendall(REQUEST.replace(b"/ ", path.encode() + b" "))
        time.sleep(BOUNDS.answer)
        assert is_cut_off(connection)


def test_many_requests_of_one_connection(server: Server) -> None:
    """Each has its own time: who goes on asking is not cut off, also when they send several at once."""
    with ExitStack() as stack:
        connection = connected(server, stack)
        end = time.monotonic() + 1.5 * BOUNDS.answer
        while time.monotonic() < end:
            connection.sendall(REQUEST * 2)
            got = b""
            while got.count(b"xxxxx") < 2:
                got += connection.recv(1_000)
            time.sleep(BOUNDS.arrival / 20)


@pytest.fixture
def patient() -> Iterator[Server]:
    """One that waits for headers longer than any test takes."""
    made = serve(answering, ":0", bounds=replace(BOUNDS, arrival=60.0))
    yield made
    made.stop()


def test_hundreds_of_connections_of_one_client(patient: Server) -> None:
    """Hold no more than its share: others are answered meanwhile, and it is again when it lets go."""
    with ExitStack() as stack:
        for _ in range(500):
            connected(patient, stack)
        assert answered(patient, "127.0.0.2")
        assert not answered(patient)
    until(lambda: answered(patient))


def test_connections_of_many_clients(patient: Server) -> None:
    """There is a bound for all of them together, below that of files that a process may have open."""
    with ExitStack() as stack:
        ours = [connected(patient, stack, f"127.0.0.{number}") for number in range(2, 2 + BOUNDS.connections)]
        assert not answered(patient, "127.0.0.99")
        ours.pop().close()
        until(lambda: answered(patient, "127.0.0.99"))


def test_what_clients_do_wrong_is_not_in_the_log(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Else anybody could fill a disk."""
    with ExitStack() as stack:
        connection = connected(server, stack)
        connection.sendall(b"what?\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")
    assert requests.get(f"http://127.0.0.1:{server.port}/", timeout=5).text == "xxxxx"
    assert caplog.records == []
