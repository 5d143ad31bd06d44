"""Charts as files on this machine, made in one step or not at all."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from reconciler.adapters.charts.workshop import LocalWorkshop
from reconciler.errors import ChartError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def workshop() -> LocalWorkshop:
    """A workshop."""
    return LocalWorkshop()


def test_the_wheel_ships_the_starter(tmp_path: Path, workshop: LocalWorkshop) -> None:
    """What users install has every file of the starter, the hidden one included."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        prefix = "reconciler/adapters/charts/starter/"
        shipped = {name.removeprefix(prefix) for name in wheel.namelist() if name.startswith(prefix)}
    assert shipped == set(workshop.starter())
    assert {"Chart.yaml", ".helmignore", "values.schema.json", "templates/deployment.yaml"} <= shipped


def test_a_folder_is_made_with_its_parents(tmp_path: Path, workshop: LocalWorkshop) -> None:
    """The files lie where their names say, and nothing else is left beside them."""
    target = tmp_path / "a" / "shop"
    workshop.write_folder(target, {"Chart.yaml": b"x", "templates/one.yaml": b"y"})
    assert (target / "templates" / "one.yaml").read_bytes() == b"y"
    assert [path.name for path in target.parent.iterdir()] == ["shop"]


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_what_exists_is_refused(kind: str, tmp_path: Path, workshop: LocalWorkshop) -> None:
    """Whatever is at the target stays as it is."""
    target = tmp_path / "shop"
    match kind:
        case "file":
            target.write_text("mine")
        case "folder":
            target.mkdir()
        case _:
            target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ChartError, match="exists already"):
        workshop.write_folder(target, {"Chart.yaml": b"x"})
    assert not target.is_dir() or not list(target.iterdir())
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


def test_a_folder_that_cannot_be_made_leaves_nothing(tmp_path: Path, workshop: LocalWorkshop) -> None:
    """When one file cannot be written, none of the others is there."""
    with pytest.raises(ChartError, match="cannot make"):
        workshop.write_folder(tmp_path / "shop", {"Chart.yaml": b"x", "Chart.yaml/below": b"y"})
    assert list(tmp_path.iterdir()) == []
