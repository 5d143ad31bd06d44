"""Charts in the making: folders, whose dependencies may have to be built first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.adapters.charts.build import complete, is_complete
from reconciler.adapters.charts.files import digest_of, read_folder
from reconciler.adapters.charts.parse import parse_chart
from reconciler.errors import ChartError
from reconciler.model.workshop import ChartSource

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model.engine import Engine


class FolderReader:
    """Implements `reconciler.model.workshop.ChartReader`.

    Args:
        root: the project's folder: links and `file://` dependencies must not lead out of it.
        cache: a folder for built charts.
        engine: builds dependencies.
    """

    def __init__(self, root: Path, cache: Path, engine: Engine) -> None:
        self._root = root
        self._cache = cache
        self._engine = engine

    def read(self, folder: Path) -> ChartSource:
        """See ChartReader."""
        if not folder.is_dir():
            raise ChartError(f"there is no folder {folder}", hint="name the folder that has the chart's Chart.yaml")
        # Before anything is built, so that mistakes are told where they were made.
        source = _source(folder, self._root)
        if is_complete(dict(source.files), str(folder)):
            return source
        return _source(complete(folder, self._root, self._cache, self._engine), self._cache)


def _source(folder: Path, root: Path) -> ChartSource:
    files = read_folder(folder, root)
    return ChartSource(parse_chart(files, folder, digest_of(files)), files)
