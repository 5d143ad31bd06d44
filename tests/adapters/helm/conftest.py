"""Engines, namespaces, charts, repositories and registries for the tests of the Helm adapter."""

from __future__ import annotations

import base64
import functools
import http.server
import os
import shutil
import socket
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import requests

from reconciler.adapters.helm import make_engine

from .charts import PASSWORD, USERNAME, package, write_chart
from .cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.model.desired import ClusterAccess
    from reconciler.model.engine import Engine


@pytest.fixture(params=["library", "program"])
def engine(request: pytest.FixtureRequest, helm_program: Path) -> Iterator[Engine]:
    made = make_engine(request.param, program=helm_program, environ=os.environ)
    yield made
    made.close()


@pytest.fixture(scope="session")
def cluster(cluster_access: ClusterAccess) -> Cluster:
    return Cluster.of(cluster_access)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    name = f"helmdev-{uuid.uuid4().hex[:8]}"
    cluster.post("/api/v1/namespaces", {"metadata": {"name": name}})
    yield name
    cluster.delete(f"/api/v1/namespaces/{name}")


@pytest.fixture
def group(cluster: Cluster, namespace: str) -> Iterator[str]:
    """An API group for the test's CRD, which is gone afterwards."""
    name = f"{namespace}.example.com"
    yield name
    cluster.delete(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.{name}")


@dataclass
class ChartServer:
    """A chart repository that wants basic authentication and keeps what it was sent."""

    url: str
    seen: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """A folder with two versions of chart `hello`."""
    folder = tmp_path / "archives"
    folder.mkdir()
    for version in ("1.0.0", "1.1.0"):
        package(write_chart(tmp_path / version / "hello", version=version), folder)
    return folder


@pytest.fixture
def chart_server(archives: Path) -> Iterator[ChartServer]:
    with serve(archives, authenticated=True) as server:
        index(archives, "")
        yield server


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
