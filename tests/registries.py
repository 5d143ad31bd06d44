"""Real container registries on the loopback: Debian's docker-registry with TLS, with passwords, with tokens."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization

from reconciler.adapters.registry import INDEX_TYPES, MANIFEST_TYPES, Registry
from tests.adapters.kube.servers import Authority, Threads
from tests.servers import PASSWORD, USERNAME, free_port


@dataclass(frozen=True)
class TestRegistry:
    """A registry under way.

    Attributes:
        host: `host:port`.
        ca_file: its authority; None when it is without TLS.
    """

    __test__ = False

    host: str
    ca_file: Path | None


@contextmanager
def run_registry(folder: Path, auth: str, *, tls: Authority | None = None) -> Iterator[TestRegistry]:
    """docker-registry with the `auth` section of its configuration, over TLS where an authority is given."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.fail("needs Debian's package docker-registry: run `make system-packages`")
    port, ca_file, section = free_port(), None, ""
    if tls:
        ca_file = folder / "ca.pem"
        ca_file.write_text(tls.pem)
        certificate, key = tls.issue("registry", "127.0.0.1", "localhost")
        (folder / "tls.pem").write_text(certificate)
        (folder / "tls.key").write_text(key)
        section = f", tls: {{certificate: {folder}/tls.pem, key: {folder}/tls.key}}"
    (folder / "config.yaml").write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}, delete: {{enabled: true}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'{section}}}\nlog: {{level: error}}\nauth: {auth}\n"
    )
    command = [program, "serve", str(folder / "config.yaml")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(f"{'https' if tls else 'http'}://127.0.0.1:{port}/v2/", ca_file)
            yield TestRegistry(f"127.0.0.1:{port}", ca_file)
        finally:
            process.terminate()


def passwords(folder: Path) -> str:
    """The `auth` section for basic authentication by USERNAME and PASSWORD."""
    users = subprocess.run(["htpasswd", "-Bbn", USERNAME, PASSWORD], check=True, capture_output=True, text=True).stdout
    (folder / "users").write_text(users)
    return f"{{htpasswd: {{realm: test, path: {folder}/users}}}}"


@pytest.fixture(scope="session")
def tls_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestRegistry]:
    """A private registry over TLS, with an authority of its own."""
    folder = tmp_path_factory.mktemp("tls-registry")
    with run_registry(folder, passwords(folder), tls=Authority.new("registry authority")) as running:
        yield running


def publish(client: Registry, repository: str, tag: str, platform: str = "linux/amd64") -> str:
    """Publish a small image; returns its digest."""
    os, architecture = platform.split("/")
    config = client.upload_blob(repository, json.dumps({"os": os, "architecture": architecture}).encode())
    kind = "application/vnd.oci.image.config.v1+json"
    described = {"mediaType": kind, "digest": config.digest, "size": config.size}
    return _put(client, repository, tag, MANIFEST_TYPES[0], {"config": described, "layers": []})


def publish_index(client: Registry, repository: str, tag: str, *platforms: str) -> str:
    """Publish an image for several platforms; returns the digest of its index."""
    manifests: list[dict[str, object]] = []
    for platform in platforms:
        os, architecture = platform.split("/")
        digest = publish(client, repository, f"{tag}-{architecture}", platform)
        size = len(client.manifest(repository, digest).content)
        built_for = {"os": os, "architecture": architecture}
        manifests.append({"mediaType": MANIFEST_TYPES[0], "digest": digest, "size": size, "platform": built_for})
    return _put(client, repository, tag, INDEX_TYPES[0], {"manifests": manifests})


def _put(client: Registry, repository: str, tag: str, kind: str, document: dict[str, object]) -> str:
    content = json.dumps({"schemaVersion": 2, "mediaType": kind, **document}).encode()
    client.put_manifest(repository, tag, kind, content)
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class TokenServer:
    """Gives tokens to USERNAME, and to anyone for pulling from `public/…`; docker-registry verifies them."""

    def __init__(self, folder: Path, context: ssl.SSLContext | None) -> None:
        authority = Authority.new("token authority")
        self._key = authority.key
        self._chain = [base64.b64encode(authority.certificate.public_bytes(serialization.Encoding.DER)).decode()]
        (folder / "tokens.pem").write_text(authority.pem)
        self.bundle = folder / "tokens.pem"
        self.asked: list[tuple[str, str | None]] = []
        self.lifetime = 300
        handler = _token_handler(self)
        self.server = Threads(("127.0.0.1", 0), handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.realm = f"{'https' if context else 'http'}://127.0.0.1:{self.server.server_port}/token"

    def token(self, scope: str, *, known: bool) -> str:
        """A signed token for as much of the scope as the caller may have."""
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        allowed = actions.split(",") if known else ["pull"] if name.startswith("public/") else []
        access = [{"type": kind, "name": name, "actions": allowed}] if scope else []
        now = int(datetime.now(UTC).timestamp())
        claims: dict[str, Any] = {"iss": "tests", "aud": "registry", "sub": "", "jti": str(time.monotonic_ns())}
        claims |= {"iat": now, "nbf": now - 10, "exp": now + self.lifetime, "access": access}
        return jwt.encode(claims, self._key, "ES256", {"x5c": self._chain})


def _token_handler(tokens: TokenServer) -> type[http.server.BaseHTTPRequestHandler]:
    expected = "Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            scope = parse_qs(urlsplit(self.path).query).get("scope", [""])[0]
            given = self.headers.get("Authorization")
            tokens.asked.append((scope, given))
            status = 200 if given in (None, expected) else 401
            body = json.dumps({"token": tokens.token(scope, known=given == expected)} if status == 200 else {})
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    return Handler


@contextmanager
def run_token_registry(folder: Path, *, token_tls: bool) -> Iterator[tuple[TestRegistry, TokenServer]]:
    """A registry over TLS that wants tokens, and the server that gives them: over TLS too, or in the open."""
    authority = Authority.new("registry authority")
    tokens = TokenServer(folder, authority.context(folder, "127.0.0.1") if token_tls else None)
    threading.Thread(target=tokens.server.serve_forever, args=(0.02,), daemon=True).start()
    auth = f"{{token: {{realm: '{tokens.realm}', service: registry, issuer: tests, rootcertbundle: {tokens.bundle}}}}}"
    try:
        with run_registry(folder, auth, tls=authority) as running:
            yield running, tokens
    finally:
        tokens.server.shutdown()
        tokens.server.server_close()


def _wait(url: str, ca_file: Path | None) -> None:
    for _ in range(100):
        try:
            requests.get(url, timeout=1, verify=str(ca_file) if ca_file else True)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)
