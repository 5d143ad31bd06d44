"""Where charts are made, behind an interface: their folders and archives on this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from reconciler.model.chart import Chart, ChartFiles

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from reconciler.model.repository import ChartRepository, PublishedChart


@dataclass(frozen=True, slots=True)
class ChartSource:
    """A chart's folder.

    Attributes:
        chart: what its files say; `path` is a folder that the engine can load.
        files: those that Helm would load, the dependencies in charts/ included.
    """

    chart: Chart
    files: ChartFiles = field(repr=False)


class ChartReader(Protocol):
    """Reads charts in the making."""

    def read(self, folder: Path) -> ChartSource:
        """The chart in a folder. Dependencies that are missing are built elsewhere: the folder stays as it is.

        Raises ChartError: it is no chart, a file of it is malformed, or a dependency cannot be had.
        """
        ...


class Workshop(Protocol):
    """Makes charts. Every method raises ChartError, and leaves nothing half-written."""

    def starter(self) -> ChartFiles:
        """The chart that new ones begin as; its name is `starter`."""
        ...

    def write_folder(self, target: Path, files: ChartFiles) -> None:
        """Make a folder with these files, in one step. Raises ChartError: there is something at `target` already."""
        ...

    def write_archive(self, target: Path, name: str, files: ChartFiles) -> str:
        """Make the archive of the chart called `name`, in one step, or replace it; returns its sha256 (hex).

        The same files give the same bytes.
        """
        ...


class Storeroom(Protocol):
    """Where downloaded charts are put. Every method raises ChartError, and leaves nothing half-written."""

    def choose(self, repository: ChartRepository, name: str, version: str) -> PublishedChart:
        """The one version that is meant: it, or the newest that is published in a range of them."""
        ...

    def arriving(self, into: Path) -> AbstractContextManager[Path]:
        """A folder inside `into` for what is not yet checked; it is gone afterwards, whatever happens."""
        ...

    def verify(self, archive: Path, keyring: Path) -> tuple[str, ...]:
        """Who signed an archive, by the signature beside it (`.prov`).

        Raises ChartError: the signature is of no key in the keyring, or of another archive.
        """
        ...

    def keep(self, archive: Path, into: Path) -> Path:
        """Put an archive into a folder. Raises ChartError: another one of its name is there."""
        ...

    def unpack(self, archive: Path, into: Path) -> Path:
        """Make the chart's folder in `into`. Raises ChartError: it is there already, or the archive is hostile."""
        ...
