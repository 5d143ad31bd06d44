"""What the sandbox's tests share: a web server on this machine, and sandboxes that never outlive their test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from reconciler.sandbox import Sandbox
from reconciler.sandbox.catalog import CONTROL_PLANE, Sources
from reconciler.sandbox.programs import ensure


@dataclass
class Web:
    """A web server: the files that it has, and the paths that it was asked for."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def sources(self, *, build: bool = False) -> Sources:
        """Every download from this server."""
        return Sources(kubernetes=self.url, github=self.url, github_api=self.url, helm=self.url, build=build)


@pytest.fixture
def web() -> Iterator[Web]:
    served = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            content = served.files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def prepared_programs() -> dict[str, Path]:
    """The control plane's programs and kubectl, in the user's cache; the first run prepares them."""
    return ensure([*CONTROL_PLANE, "kubectl"])


@pytest.fixture(scope="module")
def sandbox(prepared_programs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox in a temporary home, not started; stopped at the end whatever happened."""
    assert prepared_programs
    made = Sandbox("under-test", tmp_path_factory.mktemp("home"))
    yield made
    made.down()
