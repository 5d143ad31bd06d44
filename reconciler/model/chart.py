"""A chart as read from its files, before any template runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model.json import JsonMap

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Subchart:
    """A chart inside a chart: its key in the parent's values, and the chart itself."""

    key: str
    chart: Chart


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart on disk, complete with its dependencies.

    Attributes:
        path: the folder or archive that the engine loads.
        digest: sha256 (hex) of its content: a folder's file names and bytes, or an archive's bytes.
        defaults: values.yaml.
        schema: values.schema.json as text, or None.
        uses_lookup: a template calls `lookup`, so rendering needs the cluster.
        has_crds: it brings a crds/ folder.
    """

    name: str
    version: str
    path: Path
    digest: str
    defaults: JsonMap = field(repr=False)
    schema: str | None = field(repr=False)
    subcharts: tuple[Subchart, ...]
    uses_lookup: bool
    has_crds: bool

    @property
    def schemas(self) -> Mapping[tuple[str, ...], str]:
        """Path in the values → the schema that holds there, for the chart and all its subcharts."""
        found: dict[tuple[str, ...], str] = {(): self.schema} if self.schema else {}
        for sub in self.subcharts:
            found.update({(sub.key, *path): schema for path, schema in sub.chart.schemas.items()})
        return found
