"""A folder in which someone works."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from reconciler.adapters.watching import watching
from reconciler.errors import DesiredStateError
from reconciler.model.debounce import Pace

PACE = Pace(quiet=0.3, longest=2.0)


def test_a_change(tmp_path: Path) -> None:
    """Which file it was."""
    (tmp_path / "charts/api").mkdir(parents=True)
    with watching(tmp_path, PACE) as watch:
        (tmp_path / "charts/api/values.yaml").write_text("a: 1")
        assert watch.wait(10) == {Path("charts/api/values.yaml")}
        assert watch.wait(0.5) == frozenset()


def test_many_changes_are_one(tmp_path: Path) -> None:
    """A checkout, or an editor that saves all."""
    with watching(tmp_path, PACE) as watch:
        for index in range(50):
            (tmp_path / f"{index}.yaml").write_text("a: 1")
        assert watch.wait(10) == {Path(f"{index}.yaml") for index in range(50)}


def test_a_new_folder(tmp_path: Path) -> None:
    """What comes with it counts too, and so does what is written into it later."""
    with watching(tmp_path, PACE) as watch:
        (tmp_path / "new").mkdir()
        assert Path("new") in watch.wait(10)
        (tmp_path / "new/a.yaml").write_text("a: 1")
        assert Path("new/a.yaml") in watch.wait(10)


def test_saved_as_editors_do(tmp_path: Path) -> None:
    """A file that is replaced by another one; what was written beside it is no news."""
    (tmp_path / "env.yaml").write_text("a: 1")
    with watching(tmp_path, PACE) as watch:
        (tmp_path / ".env.yaml.swp").write_text("swap")
        (tmp_path / "4913").write_text("")
        (tmp_path / "4913").unlink()
        (tmp_path / "env.yaml~").write_text("new")
        (tmp_path / "env.yaml~").replace(tmp_path / "env.yaml")
        (tmp_path / ".env.yaml.swp").unlink()
        assert watch.wait(10) == {Path("env.yaml")}


@pytest.mark.parametrize("change", ["delete", "rename"])
def test_gone(change: str, tmp_path: Path) -> None:
    """A file that is not there any more is a change."""
    (tmp_path / "env.yaml").write_text("a: 1")
    with watching(tmp_path, PACE) as watch:
        if change == "delete":
            (tmp_path / "env.yaml").unlink()
        else:
            (tmp_path / "env.yaml").rename(tmp_path / "other.yaml")
        assert Path("env.yaml") in watch.wait(10)


@pytest.mark.parametrize(
    "name",
    [".git/index", "sub/.git/HEAD", ".x.swp", ".x.swx", ".#x", "#x#", "x~", "4913", ".DS_Store", "x___jb_tmp___"],
)
def test_what_does_not_count(name: str, tmp_path: Path) -> None:
    """What git, editors and desktops write for themselves."""
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    with watching(tmp_path, PACE) as watch:
        (tmp_path / name).write_text("x")
        assert watch.wait(0.5) == frozenset()


def test_reading_is_no_change(tmp_path: Path) -> None:
    """We read all files after each change."""
    (tmp_path / "env.yaml").write_text("a: 1")
    with watching(tmp_path, PACE) as watch:
        (tmp_path / "env.yaml").read_text()
        list(tmp_path.iterdir())
        assert watch.wait(0.5) == frozenset()


def test_changes_without_end(tmp_path: Path) -> None:
    """Are told after a while all the same."""
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            (tmp_path / "log.yaml").write_text("x")
            time.sleep(0.05)

    with watching(tmp_path, PACE) as watch:
        writing = threading.Thread(target=write)
        writing.start()
        began = time.monotonic()
        assert watch.wait(10) == {Path("log.yaml")}
        assert time.monotonic() - began < 5
        done.set()
        writing.join()


def test_a_folder_by_a_link(tmp_path: Path) -> None:
    """Is the folder that it leads to."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with watching(tmp_path / "link", PACE) as watch:
        (tmp_path / "link/env.yaml").write_text("a: 1")
        assert watch.wait(10) == {Path("env.yaml")}


def test_no_folder(tmp_path: Path) -> None:
    """An error at the start."""
    with pytest.raises(DesiredStateError, match="cannot be watched: no such file"), watching(tmp_path / "none"):
        pass
