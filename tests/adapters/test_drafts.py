"""Files of an import: all of them, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.adapters.drafts import LocalDrafts
from reconciler.errors import ChartError, DesiredStateError

CHART = {"Chart.yaml": b"apiVersion: v2\nname: app\nversion: 1.0.0\n"}


def test_a_chart_is_kept_and_its_bytes_are_the_same_each_time(tmp_path: Path) -> None:
    """So a second import changes nothing."""
    drafts = LocalDrafts(tmp_path)
    first, second = drafts.chart("app", CHART), drafts.chart("app", dict(CHART))
    assert (first.name, first.version, first.digest) == ("app", "1.0.0", second.digest)
    assert drafts.content(first) == drafts.content(second)


@pytest.mark.parametrize("name", ["../../evil", "templates/../../../evil", "a\nb"])
def test_a_chart_with_files_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    """What Helm keeps may have been written by anybody."""
    with pytest.raises(ChartError):
        LocalDrafts(tmp_path).chart("app", {**CHART, name: b"x"})


def test_nothing_is_written_over_what_is_there(tmp_path: Path) -> None:
    """Neither that file nor the others; the same content is no conflict, and `force` replaces."""
    drafts, folder = LocalDrafts(tmp_path), tmp_path / "out"
    drafts.publish(folder, {"values/a.yaml": b"1", "env.yaml": b"2"}, force=False)
    drafts.publish(folder, {"values/a.yaml": b"1", "env.yaml": b"2"}, force=False)
    with pytest.raises(DesiredStateError, match="already"):
        drafts.publish(folder, {"new.yaml": b"0", "env.yaml": b"3"}, force=False)
    assert not (folder / "new.yaml").exists()
    assert (folder / "env.yaml").read_bytes() == b"2"
    drafts.publish(folder, {"env.yaml": b"3"}, force=True)
    assert (folder / "env.yaml").read_bytes() == b"3"


def test_no_link_leads_out(tmp_path: Path) -> None:
    """A folder that is a link elsewhere is not followed."""
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/values").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DesiredStateError, match="leads out"):
        LocalDrafts(tmp_path).publish(tmp_path / "out", {"values/a.yaml": b"1"}, force=True)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file is in its place."""
    (tmp_path / "out").write_text("")
    with pytest.raises(DesiredStateError, match="cannot write"):
        LocalDrafts(tmp_path).publish(tmp_path / "out", {"a.yaml": b"1"}, force=False)
