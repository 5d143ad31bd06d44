"""A chart as read from its files, before any template runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.model.json import JsonMap

ChartFiles = Mapping[str, bytes]
"""The files of a chart by their names in it, with slashes."""


@dataclass(frozen=True, slots=True)
class ChartIdentity:
    """Which chart it is: `digest` as in `Chart`."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class Subchart:
    """A chart inside a chart.

    Attributes:
        key: where its values are in the parent's.
        conditions: dotted paths in the parent's values; the first one that holds true or false decides if it is used.
        tags: names below `tags` in the top chart's values; without a condition, one of them that is true is enough.
    """

    key: str
    chart: Chart
    conditions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart on disk, complete with its dependencies.

    Attributes:
        path: the folder or archive that the engine loads.
        digest: sha256 (hex) of its content: a folder's file names and bytes, or an archive's bytes.
        defaults: values.yaml.
        schema: values.schema.json as text, or None.
        definitions: the objects in its own crds/; see `all_definitions`.
        uses_lookup: a template calls `lookup`, so rendering needs the cluster.
        size: bytes of its own files, those of subcharts not counted: what Helm keeps of it with each release.
    """

    name: str
    version: str
    path: Path
    digest: str
    defaults: JsonMap = field(repr=False)
    schema: str | None = field(repr=False)
    subcharts: tuple[Subchart, ...]
    definitions: tuple[JsonMap, ...] = field(repr=False)
    uses_lookup: bool
    size: int = 0

    @property
    def identity(self) -> ChartIdentity:
        """Which chart it is."""
        return ChartIdentity(self.name, self.version, self.digest)

    @property
    def all_definitions(self) -> tuple[JsonMap, ...]:
        """The objects in its crds/ and in those of its subcharts, in use or not."""
        below = (item for sub in self.subcharts for item in sub.chart.all_definitions)
        return (*self.definitions, *below)
