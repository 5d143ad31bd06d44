"""Charts from repositories: which version, what is asked, what is kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from reconciler.adapters.charts import ChartStore
from reconciler.adapters.repositories.published import Archive, read
from reconciler.errors import ChartError, Location
from reconciler.model.desired import ChartRef, Repository
from reconciler.model.lock import Pin
from reconciler.model.repository import PublishedChart, Pushed

from .archives import chart

if TYPE_CHECKING:
    from reconciler.model.chart import Chart
    from reconciler.model.engine import Engine

HERE = Location("env.yaml", 3, 5)
REPOSITORY = Repository("team", "https://charts.example.com", None, None, None, plain_http=False)


class FakeRepository:
    """Has charts `api` in a folder, and counts what it is asked. The real ones have tests of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        folder.mkdir()

    def publish(self, *versions: str, text: bytes = b"") -> None:
        for version in versions:
            about = f'{{"name": "api", "version": "{version}"}}'.encode()
            (self.folder / f"api-{version}.tgz").write_bytes(chart(files={"Chart.yaml": about, "README.md": text}))

    def archive(self, version: str) -> Archive:
        return read(self.folder / f"api-{version}.tgz")

    def versions(self, name: str) -> Sequence[PublishedChart]:
        self.asked.append("versions")
        if not self.folder.exists():
            raise ChartError("the server is away", hint="wait")
        found = sorted((read(path) for path in self.folder.iterdir()), key=lambda item: item.version, reverse=True)
        return [PublishedChart(name, item.version, item.digest) for item in found]

    def digest(self, chart: PublishedChart) -> str | None:
        self.asked.append(f"digest {chart.version}")
        path = self.folder / f"api-{chart.version}.tgz"
        return read(path).digest if path.exists() else None

    def pull(self, chart: PublishedChart, into: Path) -> Path:
        self.asked.append(f"pull {chart.version}")
        archive = self.archive(chart.version)
        if chart.digest not in (None, archive.digest):
            raise ChartError("other content")
        into.mkdir(parents=True)
        shutil.copy(archive.path, into / archive.file_name)
        return into / archive.file_name

    def provenance(self, chart: PublishedChart, into: Path) -> Path:
        raise AssertionError(chart, into)

    def push(self, archive: Path, *, force: bool) -> Pushed:
        raise AssertionError(archive, force)


@pytest.fixture
def server(tmp_path: Path) -> FakeRepository:
    made = FakeRepository(tmp_path / "server")
    made.publish("1.0.0", "1.1.0", "2.0.0-rc.1")
    return made


@pytest.fixture
def store(tmp_path: Path, server: FakeRepository) -> ChartStore:
    return make_store(tmp_path, server)


def make_store(folder: Path, server: FakeRepository) -> ChartStore:
    """A store as a new run would make it."""
    return ChartStore(folder / ".cache", folder, cast("Engine", None), lambda _: server)


def remote(version: str | None) -> ChartRef:
    """Chart `api` of the repository."""
    return ChartRef(None, "api", version, REPOSITORY, HERE)


def fetch(folder: Path, server: FakeRepository, ref: ChartRef) -> Chart:
    """The chart, by a new run."""
    return make_store(folder, server).fetch(ref)


def test_an_exact_version_is_downloaded_once(tmp_path: Path, server: FakeRepository) -> None:
    """Its versions are not listed, and it is in the cache for every later run, even when the server is away."""
    first = fetch(tmp_path, server, remote("1.0.0"))
    assert server.asked == ["pull 1.0.0"]
    shutil.rmtree(server.folder)
    os.utime(first.path.parent, (0.0, 0.0))
    assert fetch(tmp_path, server, remote("1.0.0")) == first
    assert time.time() - first.path.parent.stat().st_mtime < 60


@pytest.mark.parametrize(
    ("version", "found"), [(None, "1.1.0"), ("^1.0.0", "1.1.0"), ("1.0.x", "1.0.0"), (">=1-0", "2.0.0-rc.1")]
)
def test_a_range_is_asked_for_in_each_run(
    tmp_path: Path, server: FakeRepository, version: str | None, found: str
) -> None:
    """Once in a run; the newest in it is downloaded once; that a server is away is said with the place that asked."""
    store = make_store(tmp_path, server)
    assert store.fetch(remote(version)) is store.fetch(remote(version))
    assert fetch(tmp_path, server, remote(version)).version == found
    assert server.asked == ["versions", f"pull {found}", "versions"]
    shutil.rmtree(server.folder)
    with pytest.raises(ChartError, match="the server is away") as caught:
        fetch(tmp_path, server, remote(version))
    assert (caught.value.where, caught.value.hint) == (HERE, "wait")


def test_a_pinned_chart_asks_nothing(tmp_path: Path, server: FakeRepository) -> None:
    """What the lock file says is downloaded once, whatever is newest, and is not asked for again."""
    pin = Pin("1.0.0", server.archive("1.0.0").digest)
    found = fetch(tmp_path, server, replace(remote("^1"), pin=pin))
    assert (found.version, found.digest) == ("1.0.0", pin.digest)
    shutil.rmtree(server.folder)
    assert fetch(tmp_path, server, replace(remote("^1"), pin=pin)) == found
    assert server.asked == ["pull 1.0.0"]


def test_a_version_that_was_published_again_is_another_chart(tmp_path: Path, server: FakeRepository) -> None:
    """A pin takes the old one from the cache, and nothing where it is not kept; a range takes the new one."""
    pin = Pin("1.1.0", server.archive("1.1.0").digest)
    fetch(tmp_path, server, remote("^1"))
    server.publish("1.1.0", text=b"other")
    assert fetch(tmp_path, server, remote("^1")).digest == server.archive("1.1.0").digest
    assert fetch(tmp_path, server, replace(remote("1.1.0"), pin=pin)).digest == pin.digest
    shutil.rmtree(tmp_path / ".cache")
    with pytest.raises(ChartError, match="other content") as caught:
        fetch(tmp_path, server, replace(remote("1.1.0"), pin=pin))
    assert caught.value.where == HERE


def test_a_kept_archive_that_was_changed_is_refused(tmp_path: Path, server: FakeRepository) -> None:
    """A pin holds for what is in the cache too."""
    ref = replace(remote("1.0.0"), pin=Pin("1.0.0", server.archive("1.0.0").digest))
    fetch(tmp_path, server, ref)
    [kept] = (tmp_path / ".cache").rglob("*.tgz")
    server.publish("1.0.0", text=b"other")
    shutil.copy(server.archive("1.0.0").path, kept)
    with pytest.raises(ChartError, match="in the cache was changed") as caught:
        fetch(tmp_path, server, ref)
    assert "remove" in str(caught.value.hint)
    assert hashlib.sha256(kept.read_bytes()).hexdigest()[:12] in caught.value.message


@pytest.mark.parametrize(
    ("version", "message", "hint"),
    [
        ("^9", "no version of chart api is in the range \\^9", "its newest are 2.0.0-rc.1, 1.1.0"),
        ("newest", "'newest' is no version and no range", "write a version"),
    ],
)
def test_ranges_without_a_version_are_errors(store: ChartStore, version: str, message: str, hint: str) -> None:
    """With what there is instead."""
    with pytest.raises(ChartError, match=message) as caught:
        store.fetch(remote(version))
    assert caught.value.where == HERE
    assert hint in str(caught.value.hint)


def test_a_name_without_a_repository_is_an_error(store: ChartStore) -> None:
    """It has to say where from."""
    with pytest.raises(ChartError, match="names no repository"):
        store.fetch(replace(remote("1.0.0"), repository=None))
