"""The HTTP server: where it listens, and how it ends."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
import requests

from reconciler.adapters.serving import serve
from reconciler.errors import ListenError


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    """Answers every request."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.mark.parametrize(("listen", "host"), [("127.0.0.1:0", "127.0.0.1"), (":0", "127.0.0.1"), ("[::1]:0", "[::1]")])
def test_it_answers_and_stops(listen: str, host: str) -> None:
    """On the port that it names; the port is free afterwards."""
    server = serve(hello, listen)
    answer = requests.get(f"http://{host}:{server.port}/", timeout=5)
    assert (answer.text, server.is_alive) == ("hello", True)
    assert "server" not in answer.headers
    server.stop()
    assert not server.is_alive
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{host}:{server.port}/", timeout=5)


def test_an_open_connection_does_not_keep_it() -> None:
    """A client that says nothing is not waited for."""
    server = serve(hello, "127.0.0.1:0")
    with socket.create_connection(("127.0.0.1", server.port)):
        began = time.monotonic()
        server.stop()
    assert time.monotonic() - began < 5


def test_a_port_that_is_taken_is_said() -> None:
    """Before anything starts, with what to do."""
    server = serve(hello, "127.0.0.1:0")
    with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:{server.port}: Address already in use") as error:
        serve(hello, f"127.0.0.1:{server.port}")
    assert error.value.hint
    server.stop()


def test_a_name_that_is_none_is_said() -> None:
    """It is no traceback."""
    with pytest.raises(ListenError):
        serve(hello, "no-such-host.invalid:8080")
