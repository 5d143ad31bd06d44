"""`reconcile chart package`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler.authoring.package import Renumbering, make_package
from reconciler.model.workshop import ChartReader, Workshop


@dataclass(frozen=True, slots=True)
class Packaged:
    """An archive that was made; `digest` is its sha256 (hex)."""

    path: Path
    digest: str


def package_chart(
    folder: Path, into: Path, renumbering: Renumbering, reader: ChartReader, workshop: Workshop
) -> Packaged:
    """Make the archive of the chart in `folder`, in the folder `into`."""
    package = make_package(reader.read(folder), renumbering)
    path = into / package.file_name
    return Packaged(path, workshop.write_archive(path, package.name, package.files))
