"""Engines, namespaces, charts and a chart repository for the tests of the Helm adapter."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

import pytest

from reconciler.adapters.helm import make_engine
from tests.servers import ChartServer, index, serve

from .charts import package, write_chart
from .cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.model.desired import ClusterAccess
    from reconciler.model.engine import Engine


@pytest.fixture(params=["library", "program"])
def engine(request: pytest.FixtureRequest, helm_program: Path) -> Iterator[Engine]:
    made = make_engine(request.param, program=helm_program, environ=os.environ)
    yield made
    made.close()


@pytest.fixture(scope="session")
def cluster(cluster_access: ClusterAccess) -> Cluster:
    return Cluster.of(cluster_access)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    name = f"helmdev-{uuid.uuid4().hex[:8]}"
    cluster.post("/api/v1/namespaces", {"metadata": {"name": name}})
    yield name
    cluster.delete(f"/api/v1/namespaces/{name}")


@pytest.fixture
def group(cluster: Cluster, namespace: str) -> Iterator[str]:
    """An API group for the test's CRD, which is gone afterwards."""
    name = f"{namespace}.example.com"
    yield name
    cluster.delete(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.{name}")


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """A folder with two versions of chart `hello`."""
    folder = tmp_path / "archives"
    folder.mkdir()
    for version in ("1.0.0", "1.1.0"):
        package(write_chart(tmp_path / version / "hello", version=version), folder)
    return folder


@pytest.fixture
def chart_server(archives: Path) -> Iterator[ChartServer]:
    with serve(archives, authenticated=True) as server:
        index(archives, "")
        yield server
