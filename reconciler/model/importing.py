"""What an import reads from a cluster beside what a plan reads, what it writes, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from reconciler.errors import Location
from reconciler.model.chart import Chart, ChartFiles
from reconciler.model.cluster import ClusterReader
from reconciler.model.identity import ReleaseId
from reconciler.model.json import JsonMap


class LiveCluster(ClusterReader, Protocol):
    """Reads what only an import asks for."""

    def stored_chart(self, release: ReleaseId, revision: int) -> ChartFiles | None:
        """The chart that Helm keeps with a revision, as files; None: there is none, or none that can be read.

        Helm does not keep subcharts, comments in values.yaml, nor Chart.yaml as it was written.
        """
        ...

    def pull_secrets(self, namespace: str) -> Sequence[JsonMap]:
        """The Secrets of a namespace that hold logins at container registries."""
        ...


class Drafts(Protocol):
    """Where an import keeps what is not yet written, and from where it writes. Methods raise ReconcilerError."""

    def chart(self, name: str, files: ChartFiles) -> Chart:
        """A chart that the engine can load, packed from these files. Raises ChartError: they make no chart."""
        ...

    def content(self, chart: Chart) -> bytes:
        """The archive of a chart that was packed here."""
        ...

    def publish(self, folder: Path, files: Mapping[str, bytes], *, force: bool) -> Sequence[Path]:
        """Write files into a folder, each in one step, the last one last; those with the same content are left alone.

        Raises DesiredStateError: one is there with other content, and `force` is not given; then nothing is written.
        """
        ...


@dataclass(frozen=True, slots=True)
class Note:
    """What whoever imports has to know: what was left out, and what to look at.

    Attributes:
        where: the place in the file that is imported; None for a cluster.
        left_out: it is not in what was written.
    """

    subject: str
    message: str
    hint: str | None = None
    where: Location | None = None
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import found.

    Attributes:
        files: name below the folder → content; the environment file is the last.
        variables: the environment variables that the file refers to, with what each is.
    """

    environment: str
    files: Mapping[str, bytes] = field(repr=False)
    releases: int
    variables: Mapping[str, str]
    notes: tuple[Note, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing was left out."""
        return not any(note.left_out for note in self.notes)
