"""The files of a chart's folder, as name → bytes, within bounds; and the digest of a chart's files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.charts import bounds, ignore
from reconciler.adapters.charts.archives import check_nested, nested_archives, read_archive
from reconciler.errors import ChartError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.adapters.charts.bounds import Files

# Not part of what a chart renders to, and dated: a dependency built again must not look like a new chart.
LOCKS = frozenset({"Chart.lock", "requirements.lock"})


def read_folder(folder: Path, root: Path) -> Files:
    """The files that Helm would load from a chart's folder.

    Raises:
        ChartError: a file cannot be read, is too large, or is a link that leads out of the project (`root`)
            and out of the chart.
    """
    rules = ignore.parse(_ignore_file(folder))
    inside = (folder.resolve(), root.resolve())
    files: Files = {}
    total = 0
    for name, path in _walk(folder, rules, inside):
        files[name] = _read(path, name)
        total += len(files[name])
        if total > bounds.MAX_CHART:
            size = bounds.MAX_CHART // bounds.MEBIBYTE
            raise ChartError(f"chart {folder} has more than {size} MB of files", hint=_IGNORE_HINT)
    check_nested(files, str(folder))
    return files


def digest_of(files: Files) -> str:
    """sha256 (hex) over sorted names and bytes.

    An archive in charts/ counts by what is in it, and the lock files do not count: both carry the time at
    which they were made.
    """
    digest = hashlib.sha256()
    for name, data in sorted(_expanded(files)):
        # Lengths first, so that no two sets of files give the same bytes.
        digest.update(f"{len(name.encode())}:{len(data)}:".encode() + name.encode())
        digest.update(data)
    return digest.hexdigest()


_IGNORE_HINT = "leave out what is not part of the chart with a .helmignore"


def _expanded(files: Files) -> Iterator[tuple[str, bytes]]:
    archives = frozenset(nested_archives(files))
    for name, data in files.items():
        if name in archives:
            yield from ((f"{name}/{inner}", content) for inner, content in _expanded(read_archive(data, name)))
        elif name not in LOCKS:
            yield name, data


def _ignore_file(folder: Path) -> str:
    path = folder / ".helmignore"
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _walk(folder: Path, rules: tuple[ignore.Rule, ...], inside: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
    # (folder, name below the chart, the real folders above it): the last ends a circle of links.
    waiting = [(folder, "", frozenset({folder.resolve()}))]
    while waiting:
        current, prefix, above = waiting.pop()
        for entry in _entries(current):
            name, path = prefix + entry.name, Path(entry.path)
            is_folder = entry.is_dir()
            if ignore.ignored(rules, name, folder=is_folder):
                continue
            if entry.is_symlink():
                _check_link(path, name, inside)
            if not is_folder:
                yield name, path
            elif (real := path.resolve()) not in above:
                waiting.append((path, f"{name}/", above | {real}))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise ChartError(f"cannot read folder {folder}: {error.strerror}") from error


def _check_link(path: Path, name: str, inside: tuple[Path, ...]) -> None:
    real = path.resolve()
    if not any(real.is_relative_to(allowed) for allowed in inside):
        raise ChartError(
            f"{name} is a link that leads out of the project, to {real}",
            hint="copy the file into the chart: what lies outside is not under version control with it",
        )


def _read(path: Path, name: str) -> bytes:
    try:
        if not path.is_file():
            raise ChartError(f"{name} is neither a file nor a folder")
        if path.stat().st_size > bounds.MAX_FILE:
            raise ChartError(f"{name} has more than {bounds.MAX_FILE // bounds.MEBIBYTE} MB", hint=_IGNORE_HINT)
        return path.read_bytes()
    except OSError as error:
        raise ChartError(f"cannot read {name}: {error.strerror}") from error
