"""Servers that the tests talk to for real, on the loopback: a chart repository, and a container registry."""

from __future__ import annotations

import base64
import functools
import http.server
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

USERNAME = "ci"
PASSWORD = "correct-horse-battery"


@dataclass
class ChartServer:
    """A chart repository that wants basic authentication and keeps what it was sent."""

    url: str
    seen: list[tuple[str, str | None]] = field(default_factory=list)


class serve:  # noqa: N801 (used as a function in `with`)
    """Serve a folder on a free port of the loopback."""

    def __init__(self, folder: Path, *, authenticated: bool) -> None:
        seen: list[tuple[str, str | None]] = []
        expected = "Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()

        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                given = self.headers.get("Authorization")
                seen.append((self.path, given))
                if authenticated and given != expected:
                    self.send_error(401)
                    return
                super().do_GET()

            def log_message(self, *_: object) -> None:
                pass

        handler = functools.partial(Handler, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._chart_server = ChartServer(f"http://127.0.0.1:{self._server.server_port}", seen)

    def __enter__(self) -> ChartServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self._chart_server

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def index(folder: Path, base_url: str) -> None:
    """Write the folder's index.yaml."""
    from reconciler.adapters.helm.manager import load_library  # noqa: PLC0415 (85 MB, for these tests only)

    load_library().repo_index_generate(folder, base_url=base_url)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of a private OCI registry over plain HTTP."""
    program = shutil.which("docker-registry")
    if program is None or shutil.which("htpasswd") is None:
        pytest.fail("needs Debian's packages docker-registry and apache2-utils: run `make system-packages`")
    folder = tmp_path_factory.mktemp("registry")
    port = free_port()
    users = subprocess.run(["htpasswd", "-Bbn", USERNAME, PASSWORD], check=True, capture_output=True, text=True).stdout
    (folder / "users").write_text(users)
    (folder / "config.yaml").write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\nlog: {{level: error}}\n"
        f"auth: {{htpasswd: {{realm: test, path: {folder}/users}}}}\n"
    )
    with subprocess.Popen(
        [program, "serve", str(folder / "config.yaml")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        wait_for(f"http://127.0.0.1:{port}/v2/")
        yield f"127.0.0.1:{port}"
        process.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    for _ in range(100):
        try:
            requests.get(url, timeout=1)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)
