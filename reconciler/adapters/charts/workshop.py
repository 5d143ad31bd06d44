"""Charts as files on this machine, made in one step or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.charts.files import read_folder
from reconciler.adapters.charts.pack import pack
from reconciler.adapters.charts.writing import write_folder
from reconciler.adapters.files import write_file
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
        with _making(target):
            write_folder(target, files)

    def write_archive(self, target: Path, name: str, files: ChartFiles) -> str:
        """See Workshop."""
        content = pack(files, name)
        with _making(target):
            write_file(target, content)
        return hashlib.sha256(content).hexdigest()


@contextmanager
def _making(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ChartError(f"cannot make {target}: {error.strerror or error}") from error
