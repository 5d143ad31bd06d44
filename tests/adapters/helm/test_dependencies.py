"""The dependencies of charts, from repositories that want credentials, by each engine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from reconciler.adapters.helm import make_engine
from reconciler.errors import ChartError
from tests.servers import ChartServer, index

from .charts import package, repository, write_chart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.model.engine import Engine


@pytest.fixture(params=["library", "program"])
def knowing_engine(request: pytest.FixtureRequest, helm_program: Path, chart_server: ChartServer) -> Iterator[Engine]:
    """An engine that knows the environment's repositories."""
    known = [repository(chart_server.url)]
    made = make_engine(request.param, program=helm_program, repositories=known, environ=os.environ)
    yield made
    made.close()


def test_builds_dependencies(knowing_engine: Engine, chart_server: ChartServer, tmp_path: Path) -> None:
    """From a neighbour folder and from a repository, with the credentials that the environment has for it."""
    write_chart(tmp_path / "near")
    chart = write_chart(
        tmp_path / "top",
        dependencies=[
            {"name": "near", "version": "1.0.0", "repository": "file://../near"},
            {"name": "hello", "version": "^1.0.0", "repository": f"{chart_server.url}/"},
        ],
    )
    knowing_engine.build_dependencies(chart)
    assert sorted(path.name for path in (chart / "charts").iterdir()) == ["hello-1.1.0.tgz", "near-1.0.0.tgz"]


def test_builds_what_the_lock_says(
    knowing_engine: Engine, chart_server: ChartServer, archives: Path, tmp_path: Path
) -> None:
    """With a Chart.lock a newer version in the repository changes nothing."""
    needs = [{"name": "hello", "version": "^1.0.0", "repository": chart_server.url}]
    chart = write_chart(tmp_path / "top", dependencies=needs)
    knowing_engine.build_dependencies(chart)
    package(write_chart(tmp_path / "1.2.0" / "hello", version="1.2.0"), archives)
    index(archives, "")
    knowing_engine.build_dependencies(chart)
    assert [path.name for path in (chart / "charts").iterdir()] == ["hello-1.1.0.tgz"]


def test_dependencies_that_cannot_be_fetched_are_an_error(
    engine: Engine, chart_server: ChartServer, tmp_path: Path
) -> None:
    """Without the credentials the error names the chart."""
    needs = [{"name": "hello", "version": "1.0.0", "repository": chart_server.url}]
    chart = write_chart(tmp_path / "top", dependencies=needs)
    with pytest.raises(ChartError, match=f"build the dependencies of chart {chart}"):
        engine.build_dependencies(chart)
