"""A real HTTP server that misbehaves as it is told: busy, broken, endless, or sending us elsewhere."""

from __future__ import annotations

import http.server
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.adapters.kube.servers import Threads


@dataclass(frozen=True)
class Reply:
    """One answer.

    Attributes:
        length: the Content-Length that it claims; None tells the truth.
        resets: the connection is reset instead of an answer.
        endless: the body never stops.
        delay: seconds before it comes.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    resets: bool = False
    endless: bool = False
    delay: float = 0


@dataclass(frozen=True)
class Seen:
    """One request, as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class FaultyServer:
    """A server under way; its replies are given one after the other, the last one again and again."""

    url: str
    replies: list[Reply] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    @property
    def logins(self) -> list[str | None]:
        """What each request showed of credentials."""
        return [request.headers.get("Authorization") for request in self.seen]


@contextmanager
def faulty(*replies: Reply, tls: ssl.SSLContext | None = None) -> Iterator[FaultyServer]:
    """A server on a free port of the loopback."""
    made = FaultyServer("", list(replies) or [Reply()])
    server = Threads(("127.0.0.1", 0), _handler(made))
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    made.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def _handler(made: FaultyServer) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            made.seen.append(Seen(self.command, self.path, dict(self.headers), body))
            reply = made.replies.pop(0) if len(made.replies) > 1 else made.replies[0]
            time.sleep(reply.delay)
            self._reset() if reply.resets else self._send(reply)

        def _reset(self) -> None:
            # Closed with a linger of no time, a connection ends with a reset, not in order.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

        def _send(self, reply: Reply) -> None:
            length = len(reply.body) if reply.length is None else reply.length
            told = {} if reply.endless else {"Content-Length": str(length)}
            self.close_connection = reply.endless or length != len(reply.body)
            self.send_response(reply.status)
            for name, value in {**reply.headers, **told}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else reply.body)
            while reply.endless:
                self.wfile.write(b"x" * 65536)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler
