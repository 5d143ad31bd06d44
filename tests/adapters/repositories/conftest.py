"""Repositories, charts and a patience that does not wait, for the tests of the adapter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.adapters.http import Patience
from reconciler.adapters.repositories import Repositories
from reconciler.model.desired import Repository
from reconciler.model.repository import ChartRepository
from reconciler.model.secret import SecretText
from tests.adapters.charts.archives import chart
from tests.servers import PASSWORD, USERNAME

Open = Callable[..., ChartRepository]


def repository(
    url: str, password: str | None = PASSWORD, *, ca_file: Path | None = None, plain_http: bool = False
) -> Repository:
    """A repository called `team`, with the login of USERNAME."""
    secret = SecretText(password) if password else None
    return Repository("team", url, USERNAME if password else None, secret, ca_file, plain_http)


@pytest.fixture
def pauses() -> list[float]:
    """The times, in seconds, that would have been waited."""
    return []


@pytest.fixture
def opened(tmp_path: Path, pauses: list[float]) -> Open:
    """Opens a repository as a new run would: the cache is shared, what is in memory is not."""

    def open_one(url: str, password: str | None = PASSWORD, **options: object) -> ChartRepository:
        plain = url.startswith("oci://") and "ca_file" not in options
        return Repositories(tmp_path / "cache", patience=Patience(sleep=pauses.append))(
            repository(url, password, plain_http=plain, **options)  # type: ignore[arg-type] # a ca_file at most
        )

    return open_one


@pytest.fixture
def dist(tmp_path: Path) -> Callable[..., Path]:
    """Packs a chart of a version; `text` makes its content another one."""
    folder = tmp_path / "dist"
    folder.mkdir()

    def pack(name: str = "api", version: str = "1.0.0", text: str = "") -> Path:
        about = (
            f'{{"apiVersion": "v2", "name": "{name}", "version": "{version}", "appVersion": "7", "description": "A"}}'
        )
        path = folder / f"{name}-{version}.tgz"
        path.write_bytes(chart(name, {"Chart.yaml": about.encode(), "values.yaml": text.encode()}))
        return path

    return pack
