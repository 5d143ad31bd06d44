"""Charts as files on this machine, made in one step or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.charts.files import read_folder
from reconciler.errors import ChartError

if TYPE_CHECKING:
    from reconciler.model.chart import ChartFiles

_STARTER = Path(__file__).with_name("starter")


class LocalWorkshop:
    """Implements `reconciler.model.workshop.Workshop` on the file system."""

    def starter(self) -> ChartFiles:
        """See Workshop."""
        return read_folder(_STARTER, _STARTER)

    def write_folder(self, target: Path, files: ChartFiles) -> None:
        """See Workshop."""
        if target.exists() or target.is_symlink():
            raise ChartError(f"{target} exists already", hint="choose another name, or another folder with `-d`")
        try:
            _write_folder(target, files)
        except OSError as error:
            raise ChartError(f"cannot make {target}: {error.strerror or error}") from error


def _write_folder(target: Path, files: ChartFiles) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as name:
        made = Path(name) / target.name
        for path, content in files.items():
            (made / path).parent.mkdir(parents=True, exist_ok=True)
            (made / path).write_bytes(content)
        made.rename(target)
