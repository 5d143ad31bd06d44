"""What is kept of charts on this machine, and for how long."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from reconciler.adapters.charts.cache import is_kept, keep

DAY = 86_400.0


def made(folder: Path, *, days: float = 0.0) -> Path:
    """A folder with something in it, used last so many days ago."""
    folder.mkdir(parents=True)
    (folder / "Chart.yaml").write_text("{}")
    os.utime(folder, times=(0.0, time.time() - days * DAY))
    return folder


def names(folder: Path) -> set[str]:
    """What is in it."""
    return {path.name for path in folder.iterdir()}


def test_the_first_of_two_processes_wins(tmp_path: Path) -> None:
    """Those that share a cache do not destroy each other's results."""
    first, second = made(tmp_path / "first"), made(tmp_path / "second")
    keep(second, first)
    assert names(tmp_path) == {"first", "second"}
    with pytest.raises(OSError, match="none"):
        keep(tmp_path / "none", tmp_path / "elsewhere")


def test_what_nobody_uses_is_removed(tmp_path: Path) -> None:
    """After a month, when something new comes; so are the leavings of processes that were killed."""
    cache = tmp_path / "remote"
    for name, days in (("used", 29.0), ("unused", 31.0), (".pull-a1b2", 31.0), (".pull-c3d4", 0.0)):
        made(cache / name, days=days)
    keep(made(tmp_path / "made"), cache / "new")
    assert names(cache) == {"used", ".pull-c3d4", "new"}


def test_each_use_counts(tmp_path: Path) -> None:
    """A chart of years ago that every run needs stays."""
    old = made(tmp_path / "remote" / "old", days=31.0)
    assert is_kept(old)
    keep(made(tmp_path / "made"), tmp_path / "remote" / "new")
    assert is_kept(old)
    assert not is_kept(tmp_path / "remote" / "none")


def test_what_cannot_be_looked_at_is_left(tmp_path: Path) -> None:
    """The new chart is there all the same."""
    cache = tmp_path / "remote"
    old = made(cache / "old", days=31.0)
    (old / "Chart.yaml").unlink()
    old.rmdir()
    old.symlink_to(tmp_path / "nowhere")
    keep(made(tmp_path / "made"), cache / "new")
    assert names(cache) == {"old", "new"}
