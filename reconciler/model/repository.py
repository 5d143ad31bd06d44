"""Where charts are published, behind one interface: an HTTP repository with an index, or an OCI registry."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class PublishedChart:
    """One version of a chart, as its repository lists it.

    Attributes:
        digest: sha256 (hex) of the archive; None where the repository does not tell before a download.
        created: when it was published, as the repository writes it; empty where it does not tell.
        app_version: the version of what it deploys; empty where the repository does not tell.
    """

    name: str
    version: str
    digest: str | None
    created: str = ""
    app_version: str = ""
    description: str = ""
    deprecated: bool = False


class Pushed(StrEnum):
    """What became of an upload."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    REPLACED = "replaced"


class ChartRepository(Protocol):
    """One repository. Every method raises ChartError, with foreign text masked, and leaves nothing half-written."""

    def versions(self, name: str) -> Sequence[PublishedChart]:
        """All versions of a chart, the newest first. Raises ChartError: it has no such chart."""
        ...

    def digest(self, chart: PublishedChart) -> str | None:
        """sha256 (hex) of the archive that is published as this chart; None: there is no such version."""
        ...

    def pull(self, chart: PublishedChart, into: Path) -> Path:
        """Download the archive into the folder `into`, its digest verified; returns the archive's path."""
        ...

    def provenance(self, chart: PublishedChart, into: Path) -> Path:
        """Download the signature that was published with a chart, not yet verified; returns its path.

        Raises ChartError: the chart was published without one.
        """
        ...

    def push(self, archive: Path, *, force: bool) -> Pushed:
        """Upload an archive, with the signature (`.prov`) beside it; the same content again changes nothing.

        Raises ChartError: the version exists with other content, and `force` is not given.
        """
        ...
