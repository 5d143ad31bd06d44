"""A real HTTP(S) server of the standard library that answers as it is told, and certificates for it."""

from __future__ import annotations

import http.server
import ipaddress
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Answer:
    """What the server says."""

    status: int = 200
    body: str = '{"ok": true}'
    headers: Mapping[str, str] = field(default_factory=dict)


def status(code: int, reason: str, message: str) -> Answer:
    """A Kubernetes Status, as an API server answers."""
    return Answer(code, json.dumps({"kind": "Status", "reason": reason, "message": message, "code": code}))


@dataclass
class Server:
    """A server under way: its answers are given one after the other, the last one again and again."""

    url: str
    answers: list[Answer] = field(default_factory=lambda: [Answer()])
    requests: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    subjects: list[Any] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    hangs: bool = False

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rsplit(":", 1)[1])


class Threads(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that does not trust us hangs up: no news."""


@contextmanager
def serve(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server on a free port of the loopback."""
    made = Server("", list(answers) or [Answer()])

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode(errors="surrogateescape")
            made.requests.append((self.command, self.path, dict(self.headers), body))
            if tls:
                made.subjects.append(self.connection.getpeercert())
            if made.hangs:
                made.held.wait(10)
            given = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            self.send_response(given.status)
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(given.body.encode())))
            self.end_headers()
            self.wfile.write(given.body.encode())

        do_GET = do_PATCH = do_POST = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = Threads(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    made.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        made.held.set()
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Authority:
    """A certificate authority."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def new(cls, name: str = "test authority") -> Authority:
        """Self-signed."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, name, key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        return cls(builder.sign(key, hashes.SHA256()), key)

    @property
    def pem(self) -> str:
        """Whom to trust."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, name: str, *hosts: str, begins: timedelta = -_HOUR, ends: timedelta = _HOUR) -> tuple[str, str]:
        """A certificate and its key for a server with these host names or addresses, or for a client.

        It is valid from `begins` to `ends`, counted from now.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        builder = _builder(name, str(issuer), key, begins, ends)
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False
            )
        made = builder.sign(self.key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return made.public_bytes(serialization.Encoding.PEM).decode(), private.decode()

    def context(
        self,
        folder: Path,
        *hosts: str,
        clients: bool = False,
        begins: timedelta = -_HOUR,
        ends: timedelta = _HOUR,
    ) -> ssl.SSLContext:
        """How a server with a certificate of ours speaks; with `clients`, it wants one of them too."""
        certificate, key = self.issue("server", *hosts, begins=begins, ends=ends)
        path = folder / "server.pem"
        path.write_text(certificate + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        if clients:
            context.load_verify_locations(cadata=self.pem)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def _builder(
    name: str, issuer: str, key: ec.EllipticCurvePrivateKey, begins: timedelta = -_HOUR, ends: timedelta = _HOUR
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
