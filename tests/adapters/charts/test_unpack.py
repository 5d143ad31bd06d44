"""Unpacking: a folder with all the files, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.adapters.charts.unpack import unpack
from reconciler.errors import ChartError

from .archives import HOSTILE, chart

if TYPE_CHECKING:
    from pathlib import Path


def archive(folder: Path, data: bytes) -> Path:
    """The archive as a file."""
    path = folder / "api-1.0.0.tgz"
    path.write_bytes(data)
    return path


def test_a_chart_is_unpacked_to_a_folder_of_its_name(tmp_path: Path) -> None:
    """With all its files, below a folder that is made where it is missing."""
    made = unpack(archive(tmp_path, chart(files={"templates/a/b.yaml": b"x: 1"})), tmp_path / "new" / "out")
    assert made == tmp_path / "new" / "out" / "api"
    assert [path.name for path in (tmp_path / "new" / "out").iterdir()] == ["api"]
    assert (made / "templates/a/b.yaml").read_bytes() == b"x: 1"
    assert (made / "Chart.yaml").is_file()


@pytest.mark.parametrize("case", HOSTILE)
def test_of_a_hostile_archive_nothing_is_left(case: str, tmp_path: Path) -> None:
    """Neither in the folder nor beside it."""
    make, message = HOSTILE[case]
    path = archive(tmp_path, make())
    (tmp_path / "out").mkdir()
    with pytest.raises(ChartError, match=message):
        unpack(path, tmp_path / "out")
    assert sorted(tmp_path.rglob("*")) == [path, tmp_path / "out"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (chart(files={"README.md": b"1", "readme.md": b"2"}), "'README.md' and 'readme.md'"),
        (chart(files={"a\u0308": b"1", "\xe4": b"2"}), "on some disks they are one file"),
        (chart(files={"a": b"1", "A/b": b"2"}), "'a' as a file and as a folder"),
    ],
)
def test_names_that_meet_on_disk_are_refused(data: bytes, message: str, tmp_path: Path) -> None:
    """Two names that some file systems take for one, and a file where a folder has to be."""
    path = archive(tmp_path, data)
    with pytest.raises(ChartError, match=message):
        unpack(path, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a/b", "..", ".git", "a b", ""])
def test_a_chart_whose_name_is_no_folder_is_refused(name: str, tmp_path: Path) -> None:
    """The name comes from Chart.yaml, so it is as little trusted as the rest."""
    metadata = f'{{"name": "{name}", "version": "1.0.0"}}'.encode()
    path = archive(tmp_path, chart(files={"Chart.yaml": metadata}))
    with pytest.raises(ChartError, match=r"no name for a folder|no text for `name`"):
        unpack(path, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_what_is_there_is_kept(kind: str, tmp_path: Path) -> None:
    """A folder, file or link of that name is an error, and stays as it is."""
    target = tmp_path / "api"
    if kind == "folder":
        target.mkdir()
    elif kind == "file":
        target.write_text("mine")
    else:
        target.symlink_to("nowhere")
    path = archive(tmp_path, chart())
    with pytest.raises(ChartError, match="exists"):
        unpack(path, tmp_path)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["api", "api-1.0.0.tgz"]
