"""A chart's archive on this machine, about to be published or just downloaded."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.adapters.charts import bounds
from reconciler.adapters.charts.archives import read_archive
from reconciler.adapters.charts.parse import chart_metadata
from reconciler.errors import ChartError
from reconciler.model.json import JsonMap, text_at
from reconciler.model.versions import parse_version

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.repository import PublishedChart

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Archive:
    """What an archive says of itself.

    Attributes:
        digest: sha256 (hex) of its bytes.
        metadata: Chart.yaml.
    """

    path: Path
    name: str
    version: str
    digest: str
    metadata: JsonMap = field(repr=False)

    @property
    def file_name(self) -> str:
        """How Helm names it: `name-version.tgz`."""
        return f"{self.name}-{self.version}.tgz"

    @property
    def provenance(self) -> Path | None:
        """The signature beside it, if there is one."""
        path = self.path.with_name(f"{self.path.name}.prov")
        return path if path.is_file() else None


def read(path: Path, name: str | None = None) -> Archive:
    """The archive at `path`, all of it looked through.

    Args:
        name: how errors call it; None: as the file is called.

    Raises:
        ChartError: it is no chart's archive, or holds what such a one must not.
    """
    if path.is_dir():
        raise ChartError(f"cannot push {path}: it is a folder", hint=f"pack it first: `reconcile chart package {path}`")
    if path.exists() and not path.is_file():
        raise ChartError(f"cannot push {path}: it is no file")
    shown = name or path.name
    if path.stat().st_size > bounds.MAX_CHART:
        raise ChartError(f"archive {shown} has more than {bounds.MAX_CHART // bounds.MEBIBYTE} MB")
    data = path.read_bytes()
    metadata = chart_metadata(read_archive(data, shown), shown)
    chart, version = text_at(metadata, "name"), text_at(metadata, "version")
    if not _NAME.fullmatch(chart) or parse_version(version) is None:
        raise ChartError(f"archive {shown} holds chart {chart!r} of version {version!r}, which cannot be published")
    return Archive(path, chart, version, hashlib.sha256(data).hexdigest(), metadata)


def read_as(path: Path, chart: PublishedChart) -> Archive:
    """The archive at `path`, which has to be that chart. Raises ChartError: it is another one, or none."""
    archive = read(path, f"{chart.name}-{chart.version}.tgz")
    if archive.name != chart.name.rpartition("/")[2] or archive.version.removeprefix("v") != chart.version.removeprefix(
        "v"
    ):
        raise ChartError(
            f"the archive that is published as {chart.name} {chart.version} "
            f"holds chart {archive.name} {archive.version}",
            hint="it was not kept; ask who keeps the repository",
        )
    return archive
