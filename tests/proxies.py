"""A proxy that breaks connections, in front of a real server."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit


class Cut(Enum):
    """Where a connection is reset."""

    REQUEST = "after the first bytes of the request"
    ANSWER = "when the answer comes"


@dataclass
class Proxy:
    """Under way: a request whose head holds `only` is cut, as long as there are cuts left."""

    url: str
    only: bytes
    cuts: list[Cut] = field(default_factory=list)

    def cut(self, head: bytes) -> Cut | None:
        """What is done to a request that begins so."""
        return self.cuts.pop(0) if self.cuts and self.only in head else None


@contextmanager
def run_proxy(url: str, only: bytes, *cuts: Cut) -> Iterator[Proxy]:
    """A proxy on a free port for the server of `url`."""
    parts = urlsplit(url)
    listening = socket.create_server(("127.0.0.1", 0))
    made = Proxy(f"http://127.0.0.1:{listening.getsockname()[1]}{parts.path}", only, list(cuts))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=_serve, args=[made, client, parts.port], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield made
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def _serve(made: Proxy, client: socket.socket, port: int) -> None:
    swallows = threading.Event()
    with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", port)) as server:
        threading.Thread(target=_answer, args=[server, client, swallows], daemon=True).start()
        while data := client.recv(65536):
            cut = made.cut(data)
            if cut is Cut.REQUEST:
                # Closed with a linger of no time, a connection ends with a reset, not in order.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return
            if cut is Cut.ANSWER:
                swallows.set()
            server.sendall(data)


def _answer(server: socket.socket, client: socket.socket, swallows: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while data := server.recv(65536):
            if swallows.is_set():
                break
            client.sendall(data)
        client.shutdown(socket.SHUT_RDWR)
