"""A TLS proxy between a client and a real API server: numbers the requests, and strikes one of them."""

from __future__ import annotations

import base64
import contextlib
import http.client
import http.server
import json
import secrets
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.adapters.kube.servers import Authority, Threads
from tests.chaos.faults import GONE, REFUSALS, SLOW_SECONDS, Fault, Refusal
from tests.chaos.requests import Asked

_HOST = "127.0.0.1"
_CHUNK = 65536
# Headers of one connection, not of the message; the length is told anew.
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "authorization", "host"})


@dataclass(frozen=True)
class Strike:
    """Which fault befalls which request: by its number, or the first of a kind, since waits ask more or less.

    Attributes:
        times: how often, when the same is asked again.
    """

    fault: Fault
    number: int
    kind: str | None = None
    times: int = 1

    def hits(self, asked: Asked) -> bool:
        """Whether this is the request."""
        return asked.kind == self.kind if self.kind else asked.number >= self.number


@dataclass(frozen=True)
class Upstream:
    """The API server behind, and who the proxy is to it."""

    host: str
    port: int
    token: str
    trust: ssl.SSLContext

    @classmethod
    def of(cls, kubeconfig: str) -> Upstream:
        """What an administrator's kubeconfig with a token names."""
        document = yaml.safe_load(kubeconfig)
        cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
        parts = urlsplit(cluster["server"])
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        trust = ssl.create_default_context(cadata=authority)
        return cls(str(parts.hostname), int(parts.port or 443), str(user["token"]), trust)

    def connect(self) -> http.client.HTTPSConnection:
        """A connection of its own."""
        return http.client.HTTPSConnection(self.host, self.port, context=self.trust)


@dataclass
class Proxy:
    """A proxy under way.

    Attributes:
        strike: the fault to come; None: none.
        act: what is done at the fault: ends the client with SIGKILL, or whatever happens meanwhile.
        seen: what was asked, in the order of arrival.
        struck: the request that the fault befell first.
    """

    upstream: Upstream
    folder: Path
    strike: Strike | None
    act: Callable[[], None]
    url: str = ""
    authority: str = ""
    seen: list[Asked] = field(default_factory=list)
    struck: Asked | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: set[http.client.HTTPSConnection] = field(default_factory=set)
    _token: str = ""
    _times: int = 0

    def renew_token(self) -> None:
        """As a token that has expired: the old one is refused from now on, a new one is in the file."""
        self._token = secrets.token_hex(16)
        self.token_file.write_text(self._token)

    @property
    def token_file(self) -> Path:
        """Where the client finds its token."""
        return self.folder / "token"

    @property
    def kubeconfig(self) -> str:
        """The kubeconfig that leads here."""
        encoded = base64.b64encode(self.authority.encode()).decode()
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "it",
                "clusters": [{"name": "it", "cluster": {"server": self.url, "certificate-authority-data": encoded}}],
                "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
                "users": [{"name": "it", "user": {"tokenFile": str(self.token_file)}}],
            }
        )

    @property
    def writes(self) -> list[Asked]:
        """What was asked to be stored."""
        return [asked for asked in self.seen if asked.is_write]

    def arrived(self, method: str, target: str) -> tuple[Asked, Fault | None]:
        """Note a request; the fault that befalls it."""
        with self._lock:
            asked = Asked(len(self.seen), method, target)
            self.seen.append(asked)
            if self.strike is None or not self._befalls(self.strike, asked):
                return asked, None
            self.struck = self.struck or asked
            self._times += 1
            return asked, self.strike.fault

    def _befalls(self, strike: Strike, asked: Asked) -> bool:
        if self.struck is None:
            return strike.hits(asked) and strike.fault.fits(asked)
        same = (asked.method, asked.target) == (self.struck.method, self.struck.target)
        return same and self._times < strike.times

    def knows(self, login: str) -> bool:
        """Whether the client showed its present token."""
        return login == f"Bearer {self._token}"

    def opened(self) -> http.client.HTTPSConnection:
        """A connection to the API server that ends with the proxy, whatever it is waiting for."""
        connection = self.upstream.connect()
        with self._lock:
            self._open.add(connection)
        return connection

    def hang_up(self) -> None:
        """End all connections to the API server: a watch would wait for its next event."""
        with self._lock:
            opened = tuple(self._open)
        for connection in opened:
            with contextlib.suppress(OSError):
                if connection.sock:
                    connection.sock.shutdown(socket.SHUT_RDWR)


def nothing() -> None:
    """For runs without such a fault."""


@contextmanager
def run_proxy(
    upstream: Upstream, folder: Path, strike: Strike | None = None, act: Callable[[], None] = nothing
) -> Iterator[Proxy]:
    """A proxy on a free port of the loopback; `folder` is where the client's token is put."""
    made = Proxy(upstream, folder, strike, act)
    made.renew_token()
    server = Threads((_HOST, 0), type("Handler", (_Handler,), {"proxy": made}))
    authority = Authority.new()
    server.socket = authority.context(folder, _HOST).wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    made.url, made.authority = f"https://{_HOST}:{server.server_port}", authority.pem
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        made.hang_up()


class _Handler(http.server.BaseHTTPRequestHandler):
    """One connection of the client, and one of its own to the server."""

    proxy: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self._server = self.proxy.opened()

    def finish(self) -> None:
        self._server.close()
        super().finish()

    def _relay(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked, fault = self.proxy.arrived(self.command, self.path)
        if fault is Fault.EXPIRED:
            self.proxy.renew_token()
        if fault is None and not self.proxy.knows(self.headers.get("Authorization", "")):
            self._refuse(REFUSALS[Fault.EXPIRED])
        elif fault is None or fault.is_after:
            self._forward(asked, body, fault)
        else:
            self._strike(fault)

    def _strike(self, fault: Fault) -> None:
        """Instead of the server's answer, which never sees the request."""
        if fault in REFUSALS:
            self._refuse(REFUSALS[fault])
        elif fault is Fault.GONE:
            self._begin(200, [("Content-Type", "application/json")], None)
            self._chunk(json.dumps({"type": "ERROR", "object": json.loads(GONE.body)}).encode() + b"\n")
            self._chunk(b"")
        else:
            self._cut(fault)

    def _cut(self, fault: Fault) -> None:
        if fault.kills:
            self.proxy.act()
        # Closed with a linger of no time, a connection ends with a reset, not in order.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _forward(self, asked: Asked, body: bytes, fault: Fault | None) -> None:
        if fault is Fault.MEANWHILE:
            self.proxy.act()
        answer = self._ask(body)
        if fault is Fault.SLOW:
            time.sleep(SLOW_SECONDS)
        if asked.is_watch and answer.status == http.HTTPStatus.OK and fault in (None, Fault.SLOW, Fault.MEANWHILE):
            self._stream(answer)
            return
        content = answer.read() if not asked.is_watch else answer.read1(_CHUNK)
        if fault in (Fault.KILL_AFTER, Fault.RESET_AFTER):
            self._cut(fault)
            return
        self._begin(answer.status, answer.getheaders(), len(content))
        if fault is Fault.TRUNCATED:
            content, self.close_connection = content[: len(content) // 2], True
        self.wfile.write(content)

    def _ask(self, body: bytes) -> http.client.HTTPResponse:
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        headers = {**kept, "Authorization": f"Bearer {self.proxy.upstream.token}"}
        self._server.request(self.command, self.path, body or None, headers)
        return self._server.getresponse()

    def _stream(self, answer: http.client.HTTPResponse) -> None:
        self._begin(answer.status, answer.getheaders(), None)
        while content := answer.read1(_CHUNK):
            self._chunk(content)
        self._chunk(b"")

    def _chunk(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))

    def _begin(self, status: int, headers: list[tuple[str, str]], length: int | None) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        told = ("Transfer-Encoding", "chunked") if length is None else ("Content-Length", str(length))
        self.send_header(*told)
        self.end_headers()

    def _refuse(self, refusal: Refusal) -> None:
        patience = [] if refusal.after is None else [("Retry-After", str(refusal.after))]
        self._begin(refusal.code, [("Content-Type", "application/json"), *patience], len(refusal.body))
        self.wfile.write(refusal.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _relay  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        """Quiet."""
