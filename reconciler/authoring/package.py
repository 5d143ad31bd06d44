"""A chart as it is published: which name and version its archive has, and which files are in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from reconciler.authoring.metadata import with_field
from reconciler.errors import ChartError
from reconciler.model.chart import ChartFiles
from reconciler.model.versions import is_exact
from reconciler.model.workshop import ChartSource

# Helm's rule for the name of a chart that is packaged.
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*")
_METADATA = "Chart.yaml"


@dataclass(frozen=True, slots=True)
class Package:
    """What an archive will hold."""

    name: str
    version: str
    files: ChartFiles = field(repr=False)

    @property
    def file_name(self) -> str:
        """How Helm names it."""
        return f"{self.name}-{self.version}.tgz"


@dataclass(frozen=True, slots=True)
class Renumbering:
    """The versions that a package gets instead of those in its Chart.yaml; None keeps the one that is there."""

    version: str | None = None
    app_version: str | None = None


def make_package(source: ChartSource, renumbering: Renumbering) -> Package:
    """The package of a chart, under the versions that were asked for.

    Raises:
        ChartError: its name or version cannot be published.
    """
    version = renumbering.version or source.chart.version
    if not _NAME.fullmatch(source.chart.name):
        raise ChartError(
            f"{source.chart.path}/Chart.yaml: no chart can be published as {source.chart.name!r}",
            hint="letters, digits, - and _, beginning with a letter or digit",
        )
    if not is_exact(version):
        raise ChartError(
            f"{version!r} is no version that chart {source.chart.name} can have",
            hint="three numbers such as 1.4.2, with -rc.1 or the like for a pre-release (https://semver.org)",
        )
    text = source.files[_METADATA].decode("utf-8-sig")
    for key, value in (("version", renumbering.version), ("appVersion", renumbering.app_version)):
        text = with_field(text, key, value) if value is not None else text
    return Package(source.chart.name, version, {**source.files, _METADATA: text.encode()})
