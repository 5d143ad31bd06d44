"""A chart as it is published: which name and version its archive has, and which files are in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.authoring.package import Renumbering, make_package
from reconciler.errors import ChartError
from reconciler.model.chart import Chart
from reconciler.model.workshop import ChartSource

CHART_YAML = b"name: web # ours\nversion: 0.1.0\nappVersion: '1'\n"


def source(name: str = "web", version: str = "0.1.0", content: bytes = CHART_YAML) -> ChartSource:
    chart = Chart(name, version, Path("charts/web"), "", {}, None, (), (), uses_lookup=False)
    return ChartSource(chart, {"Chart.yaml": content, "values.yaml": b"a: b\n"})


def test_nothing_changes_unless_it_is_asked_for() -> None:
    """Without other versions, the files are those of the chart, byte for byte."""
    package = make_package(source(), Renumbering())
    assert package.file_name == "web-0.1.0.tgz"
    assert package.files == source().files


def test_other_versions_go_into_the_metadata() -> None:
    """The archive is named after the version that it gets, and everything else in Chart.yaml stays."""
    package = make_package(source(), Renumbering("1.2.3-rc.1+build", "2024-10"))
    assert package.file_name == "web-1.2.3-rc.1+build.tgz"
    assert package.files["Chart.yaml"] == b'name: web # ours\nversion: "1.2.3-rc.1+build"\nappVersion: "2024-10"\n'


@pytest.mark.parametrize("version", ["1.2", "latest", "1.2.3-", "^1.2.3", "../1.2.3", "1.2.3/..", "01.2.3", "1.2.3\n"])
def test_a_version_that_is_none_is_refused(version: str) -> None:
    """Whether it was asked for or stands in Chart.yaml, it becomes no file name."""
    for made in ((source(), Renumbering(version)), (source(version=version), Renumbering())):
        with pytest.raises(ChartError, match="is no version that chart web can have"):
            make_package(*made)


@pytest.mark.parametrize("name", ["..", "a/b", ".hidden", "", "a b", "web\n"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    """A name never leads out of the folder that the archive is made in."""
    with pytest.raises(ChartError, match="no chart can be published as"):
        make_package(source(name), Renumbering())
