"""The sandbox's own certificate authority."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from pathlib import Path

import pytest

from reconciler.sandbox.certificates import write_certificates
from reconciler.sandbox.paths import SandboxPaths


@pytest.fixture
def paths(tmp_path: Path) -> SandboxPaths:
    made = SandboxPaths(tmp_path / "a")
    write_certificates(made, datetime.datetime.now(datetime.UTC))
    return made


def handshake(paths: SandboxPaths, host: str, trusting: Path) -> None:
    """A TLS handshake between a server with the sandbox's certificate and a client that trusts `trusting`."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(paths.serving_cert, paths.serving_key)
    client = ssl.create_default_context(cafile=str(trusting))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()  # the client refused, which the test looks at

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client.wrap_socket(ours, server_hostname=host).close()
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "kubernetes.default.svc"])
def test_the_servers_are_verified(host: str, paths: SandboxPaths) -> None:
    """By each of the names under which the API server is called, by the strict rules of newer Pythons."""
    handshake(paths, host, paths.ca)


def test_another_name_is_refused(paths: SandboxPaths) -> None:
    """The certificate is good for this machine only."""
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(paths, "example.com", paths.ca)


def test_another_sandbox_is_not_trusted(paths: SandboxPaths, tmp_path: Path) -> None:
    """Each sandbox has an authority of its own."""
    other = SandboxPaths(tmp_path / "b")
    write_certificates(other, datetime.datetime.now(datetime.UTC))
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(paths, "localhost", other.ca)


def test_keys_are_private(paths: SandboxPaths) -> None:
    """Only their owner may read the files or the folder."""
    assert {path.stat().st_mode & 0o077 for path in [paths.pki, *paths.pki.iterdir()]} == {0}
