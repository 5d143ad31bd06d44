"""Charts as files on this machine, made in one step or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.charts.build import complete, is_complete
from reconciler.adapters.charts.files import digest_of, read_folder
from reconciler.adapters.charts.pack import pack
from reconciler.adapters.charts.parse import parse_chart
from reconciler.adapters.charts.writing import write_file, write_folder
from reconciler.errors import ChartError
from reconciler.model.workshop import ChartSource

if TYPE_CHECKING:
    from reconciler.model.chart import ChartFiles
    from reconciler.model.engine import Engine

_STARTER = Path(__file__).with_name("starter")


class LocalWorkshop:
    """Implements `reconciler.model.workshop.Workshop` on the file system.

    Args:
        root: the project's folder: links and `file://` dependencies must not lead out of it.
        cache: a folder for built charts.
        engine: builds dependencies; asked for only when there are some to build.
    """

    def __init__(self, root: Path, cache: Path, engine: Callable[[], Engine]) -> None:
        self._root = root
        self._cache = cache
        self._engine = engine

    def starter(self) -> ChartFiles:
        """See Workshop."""
        return read_folder(_STARTER, _STARTER)

    def read(self, folder: Path) -> ChartSource:
        """See Workshop."""
        if not folder.is_dir():
            raise ChartError(f"there is no folder {folder}", hint="name the folder that has the chart's Chart.yaml")
        files = read_folder(folder, self._root)
        # Before anything is built, so that mistakes are told where they were made.
        source = ChartSource(parse_chart(files, folder, digest_of(files)), files)
        return source if is_complete(files, str(folder)) else self._completed(folder)

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

    def _completed(self, folder: Path) -> ChartSource:
        built = complete(folder, self._root, self._cache, self._engine())
        files = read_folder(built, self._cache)
        return ChartSource(parse_chart(files, built, digest_of(files)), files)


@contextmanager
def _making(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ChartError(f"cannot make {target}: {error.strerror or error}") from error
