"""Archives of charts: sound ones are read, hostile ones are refused."""

from __future__ import annotations

import gzip
import tarfile
import time

import pytest

from reconciler.adapters.charts.archives import nested_archives, read_archive
from reconciler.adapters.charts.parse import chart_metadata
from reconciler.errors import ChartError

from .archives import CHART, CHART_YAML, HOSTILE, chart, entry, nested, tar


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_sound_archives_are_read(form: int) -> None:
    """Whatever form of tar; folders, long names, other letters, and a name given twice with the same content."""
    long = "templates/" + "/".join(["folder"] * 12) + "/ünï.yaml"
    members = [
        entry("api", kind=tarfile.DIRTYPE),
        CHART_YAML,
        entry(f"api/{long}", b"a: 1"),
        entry(f"./api/{long}", b"a: 1"),
    ]
    assert read_archive(gzip.compress(tar(*members, format=form)), "api.tgz") == {
        "Chart.yaml": CHART.encode(),
        long: b"a: 1",
    }


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_archives_are_refused(case: str) -> None:
    """By an error that names the archive and says what is wrong with it, and without work that the sender decides."""
    make, message = HOSTILE[case]
    data = make()
    started = time.process_time()
    with pytest.raises(ChartError, match=message) as caught:
        chart_metadata(read_archive(data, "api-1.0.0.tgz"), "api-1.0.0.tgz")
    assert "api-1.0.0.tgz" in caught.value.message
    assert caught.value.message.isprintable()
    assert time.process_time() - started < 3


def test_archives_in_archives_are_charts_only() -> None:
    """What lies in charts/, or in the charts/ of a subchart; other archives are data."""
    names = ["charts/a.tgz", "charts/a/charts/b.tgz", "charts/a/files/c.tgz", "charts/_d.tgz", "files/e.tgz"]
    assert list(nested_archives(dict.fromkeys(names, b""))) == names[:2]
    assert list(read_archive(nested(3), "x")) == ["Chart.yaml", "charts/api-1.0.0.tgz"]
    assert "files/e.tgz" in read_archive(chart(files={"files/e.tgz": b"no archive"}), "x")
