"""A project on disk for the tests of the desired state, and the real adapters to read it by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.desired.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty folder that the user stands in."""
    made = Project(tmp_path)
    yield made
    made.close()


@pytest.fixture
def chart() -> Mapping[str, str]:
    """The files of a small chart in `chart/`."""
    return {"chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n", "chart/values.yaml": "replicaCount: 1\n"}
