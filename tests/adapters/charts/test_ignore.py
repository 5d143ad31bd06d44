"""Which files Helm leaves out, compared with Helm itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.adapters.charts.files import read_folder
from reconciler.adapters.helm.manager import load_library

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "a.txt",
    "b.bak",
    "docs/a.txt",
    "docs/deep/b.bak",
    "deep/x/docs/c",
    ".git/config",
    "[x]",
    "a-b",
    "templates/.h",
)


@pytest.mark.parametrize(
    "rules",
    [
        "",
        "# comment\n\n*.bak\n",
        "docs/\n",
        "docs\n",
        "/a.txt\n",
        "docs/a.txt\n",
        "docs/*\n",
        "deep/?/docs\n",
        ".git/\na[a-z.]*\n",
        "!*.txt\n",
        "*.txt\n!Chart.yaml\n",
    ],
)
def test_the_same_files_as_helm(tmp_path: Path, rules: str) -> None:
    """What the chart holds for us is what it holds for Helm."""
    folder = tmp_path / "api"
    for name in NAMES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: api\nversion: 1.0.0\n")
    (folder / ".helmignore").write_text(rules)
    ours = set(read_folder(folder, tmp_path))
    try:
        with load_library().Chart.load(folder) as chart:
            theirs = {item["name"] for item in [*chart.files, *chart.templates]} | {"Chart.yaml"}
    except load_library().HelmError:
        # The rules leave out Chart.yaml itself.
        assert "Chart.yaml" not in ours
        return
    assert ours == theirs
