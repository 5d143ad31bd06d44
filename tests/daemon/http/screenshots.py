"""The guide's pictures of the status page: `make screenshots`."""

from __future__ import annotations

from pathlib import Path

from reconciler.adapters.serving import serve
from reconciler.daemon.http.app import application
from reconciler.daemon.http.site import Site
from reconciler.daemon.http.updates import Updates
from reconciler.model.secret import SecretText
from tests.daemon.http.board import NOW, FakeBoard
from tests.daemon.http.browser import Browser
from tests.daemon.http.conftest import TOKEN

_IMAGES = Path(__file__).parents[3] / "docs" / "images"
# File, page, width, dark.
_SHOTS = (
    ("status-overview.png", "/", 1100, False),
    ("status-environment.png", "/environments/production", 1100, False),
    ("status-run-dark.png", "/environments/production/runs/20261125-0000", 1100, True),
    ("status-phone.png", "/environments/staging", 360, False),
)


def main() -> None:
    """Take them all, as somebody who is logged in."""
    board, updates = FakeBoard(), Updates()
    site = Site(board, board, updates, lambda: NOW, token=lambda: SecretText(TOKEN), local=True)
    server = serve(application(site), "127.0.0.1:0", updates.close)
    browser = Browser()
    try:
        _take(browser, f"http://127.0.0.1:{server.port}")
    finally:
        browser.close()
        server.stop()


def _take(browser: Browser, url: str) -> None:
    _IMAGES.mkdir(parents=True, exist_ok=True)
    browser.driver.get(f"{url}/login")
    browser.run("document.getElementById('who').value = 'Ada'")
    browser.run("document.getElementById('token').value = arguments[0]", TOKEN)
    browser.run("document.querySelector('main form').submit()")
    for name, path, width, dark in _SHOTS:
        browser.look(width, dark=dark)
        browser.driver.get(url + path)
        browser.run("for (const details of document.querySelectorAll('details')) details.open = true")
        browser.photograph(_IMAGES / name)


if __name__ == "__main__":
    main()
