"""Where charts are made, behind an interface: their folders and archives on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.chart import ChartFiles


class Workshop(Protocol):
    """Reads and writes charts as files. Every method raises ChartError, and leaves nothing half-written."""

    def starter(self) -> ChartFiles:
        """The chart that new ones begin as; its name is `starter`."""
        ...

    def write_folder(self, target: Path, files: ChartFiles) -> None:
        """Make a folder with these files, in one step. Raises ChartError: there is something at `target` already."""
        ...
