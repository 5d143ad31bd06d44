"""Charts whose dependencies are not in place: completed in the cache, never in the user's checkout."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.charts.archives import read_archive
from reconciler.adapters.charts.cache import is_kept, keep
from reconciler.adapters.charts.files import LOCKS, digest_of, read_folder
from reconciler.adapters.charts.pack import pack
from reconciler.adapters.charts.parse import chart_metadata, dependencies, subchart_files
from reconciler.errors import ChartError
from reconciler.model.json import text_at

if TYPE_CHECKING:
    from reconciler.adapters.charts.bounds import Files
    from reconciler.model.engine import Engine


@dataclass(frozen=True, slots=True)
class Source:
    """A chart's folder, its files, and whether charts/ lacks something."""

    folder: Path
    files: Files
    incomplete: bool


def is_complete(files: Files, place: str) -> bool:
    """Every dependency that Chart.yaml declares is in charts/."""
    present = {text_at(chart_metadata(inner, place), "name") for inner in subchart_files(files, place)}
    return all(item.name in present for item in dependencies(chart_metadata(files, place)))


def complete(folder: Path, root: Path, cache: Path, engine: Engine) -> Path:
    """A folder in the cache with the chart and its dependencies; made once for the same content.

    The chart and the charts that it names by `file://` are copied, at the same places relative to each other,
    and completed from the innermost on.

    Raises:
        ChartError: a dependency cannot be found or downloaded, or lies outside the project (`root`).
    """
    sources = _collect(folder.resolve(), root.resolve())
    top = Path(os.path.commonpath([source.folder for source in sources]))
    target = cache / "built" / _key(sources, top)
    if not is_kept(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".build-") as name:
            _build(sources, top, Path(name) / "charts", engine)
            keep(Path(name) / "charts", target)
    return target / folder.resolve().relative_to(top)


def _collect(folder: Path, root: Path) -> list[Source]:
    """The chart and all that it needs by `file://`, what is needed first."""
    found: dict[Path, Source] = {}
    _visit(folder, root, (), found)
    return list(found.values())


def _visit(folder: Path, root: Path, above: tuple[Path, ...], found: dict[Path, Source]) -> None:
    if folder in above:
        circle = " → ".join(path.name for path in (*above, folder))
        raise ChartError(f"the charts need each other in a circle: {circle}")
    if folder in found:
        return
    files = read_folder(folder, root)
    for item in dependencies(chart_metadata(files, str(folder))):
        if item.repository.startswith("file://"):
            _visit(_local(folder, item.repository, root), root, (*above, folder), found)
    found[folder] = Source(folder, files, not is_complete(files, str(folder)))


def _local(folder: Path, repository: str, root: Path) -> Path:
    path = (folder / repository.removeprefix("file://")).resolve()
    if not path.is_dir():
        raise ChartError(f"chart {folder} needs {repository}, but there is no folder {path}")
    if not path.is_relative_to(root):
        raise ChartError(
            f"chart {folder} needs {repository}, which lies outside the project",
            hint="move that chart into the project, or build the dependencies beforehand",
        )
    return path


def _key(sources: list[Source], top: Path) -> str:
    digest = hashlib.sha256()
    for source in sorted(sources, key=lambda source: source.folder):
        # The lock decides which versions are fetched, so here it counts.
        lock = source.files.get("Chart.lock", b"") + source.files.get("requirements.lock", b"")
        place = source.folder.relative_to(top)
        digest.update(f"{place}\0{digest_of(source.files)}\0{hashlib.sha256(lock).hexdigest()}\0".encode())
    return digest.hexdigest()


def _build(sources: list[Source], top: Path, into: Path, engine: Engine) -> None:
    places = {source.folder: into / source.folder.relative_to(top) for source in sources}
    # All copies first: one chart may lie inside another's folder.
    for source in sources:
        _copy(source.files, places[source.folder])
    for source in sources:
        if source.incomplete:
            # Helm writes all of charts/ anew; what was there without being declared is put back.
            engine.build_dependencies(places[source.folder])
            _copy(source.files, places[source.folder], only_missing=True)
            _undate(source, places[source.folder])


def _undate(source: Source, folder: Path) -> None:
    """Take out the times that Helm put into what it made, so that the same sources give the same chart."""
    for lock in LOCKS - source.files.keys():
        (folder / lock).unlink(missing_ok=True)
    declared = dependencies(chart_metadata(source.files, str(source.folder)))
    local = {item.name for item in declared if item.repository.startswith("file://")}
    for path in (folder / "charts").glob("*.tgz"):
        files = read_archive(path.read_bytes(), str(path))
        name = text_at(chart_metadata(files, str(path)), "name")
        # Those from repositories stay byte for byte as they were published.
        if name in local:
            path.write_bytes(pack(files, name))


def _copy(files: Files, into: Path, *, only_missing: bool = False) -> None:
    for name, data in files.items():
        path = into / name
        if only_missing and (path.exists() or not name.startswith("charts/")):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
