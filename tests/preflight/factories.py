"""Releases and rendered objects for the tests of the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.errors import Location
from reconciler.model.desired import ChartRef, Release
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.workloads import RenderedObject

RELEASE = ReleaseId("main", "shop", "api")
PLACE = Location("env.yaml", 9, 3)


@dataclass(frozen=True)
class Columns:
    """Says that each value is in a column of its own; any other is where the release is."""

    columns: Mapping[str, int]

    def at(self, path: Sequence[str | int]) -> Location:
        """See Places."""
        column = self.columns.get(".".join(map(str, path)))
        return Location("values.yaml", 1, column) if column else PLACE


def release(values: Any, columns: Mapping[str, int] | None = None) -> Release:
    """A release with these values."""
    chart = ChartRef(None, "team/api", "1.0.0", None, PLACE)
    return Release(RELEASE, chart, values, {}, Columns(columns or {}), None, 10, {}, PLACE)


def rendered(kind: str, spec: Mapping[str, Any], **metadata: Any) -> RenderedObject:
    """An object `api` of a release, such as a Deployment.apps/v1."""
    name, _, version = kind.partition(".")
    item: dict[str, Any] = {"apiVersion": version, "kind": name, "metadata": {"name": "api", **metadata}, "spec": spec}
    return RenderedObject(RELEASE, ObjectId(Kind(version, name), "shop", "api"), item)
