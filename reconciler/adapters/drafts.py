"""Files of an import: kept in a private folder, and written when all of them are known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.adapters.charts.archives import read_archive
from reconciler.adapters.charts.pack import pack
from reconciler.adapters.charts.parse import parse_chart
from reconciler.adapters.files import write_file
from reconciler.errors import ChartError, DesiredStateError
from reconciler.model.chart import Chart, ChartFiles


class LocalDrafts:
    """Implements `reconciler.model.importing.Drafts`.

    Args:
        private: a folder of its own, which whoever made it removes.
    """

    def __init__(self, private: Path) -> None:
        self._private = private

    def chart(self, name: str, files: ChartFiles) -> Chart:
        """See Drafts."""
        content = pack(files, name)
        digest = hashlib.sha256(content).hexdigest()
        path = self._private / f"{digest}.tgz"
        chart = parse_chart(read_archive(content, name), path, digest)
        try:
            path.write_bytes(content)
        except OSError as error:
            raise ChartError(f"chart {name} cannot be kept in {path.parent}: {error.strerror or error}") from error
        return chart

    def content(self, chart: Chart) -> bytes:
        """See Drafts."""
        return chart.path.read_bytes()

    def publish(self, folder: Path, files: Mapping[str, bytes], *, force: bool) -> Sequence[Path]:
        """See Drafts."""
        targets = {folder / name: content for name, content in files.items()}
        for target in targets:
            _check(folder, target)
        try:
            changed = {path: content for path, content in targets.items() if _differs(path, content)}
            taken = [path for path in changed if path.exists()]
            if taken and not force:
                names = ", ".join(map(str, taken))
                raise DesiredStateError(f"there is {names} already", hint="choose another folder, or use `--force`")
            for path, content in changed.items():
                write_file(path, content)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise DesiredStateError(f"cannot write {error.filename or folder}: {reason}") from error
        return list(targets)


def _check(folder: Path, target: Path) -> None:
    if not target.resolve().is_relative_to(folder.resolve()):
        raise DesiredStateError(f"{target} leads out of {folder}", hint="a link is in the way: remove it")


def _differs(path: Path, content: bytes) -> bool:
    return not path.is_file() or path.read_bytes() != content
