"""An archive's files, written to a folder: all of them, or nothing."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from reconciler.adapters.charts.archives import read_archive
from reconciler.adapters.charts.parse import chart_metadata
from reconciler.adapters.charts.writing import write_folder
from reconciler.errors import ChartError
from reconciler.model.json import text_at

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.adapters.charts.bounds import Files


def unpack(archive: Path, into: Path) -> Path:
    """Write a chart's files to a new folder in `into`, named after the chart; returns that folder.

    Files get the rights of new files, whatever the archive says.

    Raises:
        ChartError: it is no chart's archive, holds what it must not, cannot be written, or the folder is there.
    """
    name, files = _checked(archive)
    target = into / name
    if target.exists() or target.is_symlink():
        raise ChartError(f"cannot unpack {archive.name}: {target} exists", hint="remove it, or unpack elsewhere")
    try:
        write_folder(target, files)
    except OSError as error:
        raise ChartError(f"cannot unpack {archive.name} into {into}: {error.strerror or error}") from error
    return target


_CHART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _checked(archive: Path) -> tuple[str, Files]:
    files = read_archive(archive.read_bytes(), archive.name)
    name = text_at(chart_metadata(files, archive.name), "name")
    if not _CHART_NAME.fullmatch(name):
        raise ChartError(f"cannot unpack {archive.name}: its chart is called {name!r}, which is no name for a folder")
    _check_layout(files, archive.name)
    return name, files


def _check_layout(files: Files, archive: str) -> None:
    """No two names that are one on some file system, and no file where others need a folder."""
    seen: dict[str, str] = {}
    for name in files:
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise ChartError(f"archive {archive} holds {seen[folded]!r} and {name!r}: on some disks they are one file")
        seen[folded] = name
    for name in files:
        for parent in PurePosixPath(unicodedata.normalize("NFC", name).casefold()).parents:
            if str(parent) in seen:
                raise ChartError(f"archive {archive} holds {seen[str(parent)]!r} as a file and as a folder")
