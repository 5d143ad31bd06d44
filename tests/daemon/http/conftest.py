"""The status page over a made-up board, served for real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
import requests

from reconciler.adapters.serving import serve
from reconciler.daemon.http.app import application
from reconciler.daemon.http.site import Site
from reconciler.daemon.http.updates import Updates
from reconciler.model.secret import SecretText
from tests.daemon.http.board import NOW, FakeBoard

TOKEN = "correct-horse-battery-staple"


@dataclass
class Served:
    """What is served, and where."""

    board: FakeBoard
    updates: Updates
    url: str
    stop: Callable[[], None]
    http: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **more: object) -> requests.Response:
        """GET a path."""
        return self.http.get(self.url + path, timeout=10, allow_redirects=False, **more)  # type: ignore[arg-type]

    def post(self, path: str, **more: object) -> requests.Response:
        """POST to a path."""
        return self.http.post(self.url + path, timeout=10, allow_redirects=False, **more)  # type: ignore[arg-type]


Serving = Callable[..., Served]


@pytest.fixture
def serving() -> Iterator[Serving]:
    """Serves a board; keywords change the Site."""
    ends: list[Callable[[], None]] = []

    def start(board: FakeBoard | None = None, port: int = 0, **changes: object) -> Served:
        shown, updates = board or FakeBoard(), Updates()
        site = Site(shown, shown, updates, lambda: NOW, token=lambda: SecretText(TOKEN), local=True)
        app = application(replace(site, **changes))  # type: ignore[arg-type]
        server = serve(app, f"127.0.0.1:{port}", updates.close)
        ends.append(server.stop)
        return Served(shown, updates, f"http://127.0.0.1:{server.port}", server.stop)

    yield start
    for end in ends:
        end()
