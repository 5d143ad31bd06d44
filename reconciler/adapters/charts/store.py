"""Charts by reference: each is fetched, read and hashed once for all the releases that use it."""

from __future__ import annotations

import difflib
import hashlib
import threading
from typing import TYPE_CHECKING

from reconciler.adapters.charts import bounds
from reconciler.adapters.charts.archives import read_archive
from reconciler.adapters.charts.build import complete, is_complete
from reconciler.adapters.charts.files import digest_of, read_folder
from reconciler.adapters.charts.parse import parse_chart
from reconciler.adapters.charts.remote import OpenRepository, fetch_archive, remote_key
from reconciler.errors import ChartError, EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.model.chart import Chart
    from reconciler.model.desired import ChartRef
    from reconciler.model.engine import Engine

_Key = tuple[str, ...]


class ChartStore:
    """Fetches charts. It remembers what it has read, so make one for each run: files change between runs.

    Args:
        cache: a folder for downloads and built charts; several processes may share it.
        root: the project's folder: links and `file://` dependencies must not lead out of it.
        engine: builds dependencies.
        repositories: gives the one that downloads from a repository.
    """

    def __init__(self, cache: Path, root: Path, engine: Engine, repositories: OpenRepository) -> None:
        self._cache = cache
        self._root = root
        self._engine = engine
        self._repositories = repositories
        self._lock = threading.Lock()
        self._locks: dict[_Key, threading.Lock] = {}
        self._fetched: dict[_Key, Chart | ChartError] = {}

    def fetch(self, ref: ChartRef) -> Chart:
        """The chart that `ref` means. Several threads may ask at once.

        Raises:
            ChartError: it cannot be found, downloaded or read; `where` is the reference's place.
        """
        found = self._once(ref)
        if isinstance(found, ChartError):
            # The failure is shared between the releases that use the chart, the place is not.
            raise ChartError(found.message, where=ref.where, hint=found.hint) from found
        return found

    def contents(self, chart: Chart) -> Mapping[str, bytes]:
        """The files of a chart that was fetched, read anew: they are not kept, since few ask for them.

        Raises:
            ChartError: they can no longer be read.
        """
        if chart.path.is_dir():
            root = self._cache if chart.path.is_relative_to(self._cache) else self._root
            return read_folder(chart.path, root)
        return read_archive(chart.path.read_bytes(), str(chart.path))

    def _once(self, ref: ChartRef) -> Chart | ChartError:
        key = ("path", str(ref.path)) if ref.path else remote_key(ref)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._fetched:
                self._fetched[key] = self._attempt(ref)
            return self._fetched[key]

    def _attempt(self, ref: ChartRef) -> Chart | ChartError:
        try:
            return self._load(ref)
        except ChartError as error:
            return error
        except EngineError as error:
            return ChartError(error.message, hint=error.hint)
        except OSError as error:
            return ChartError(f"cannot read chart {ref}: {error.strerror or error}")

    def _load(self, ref: ChartRef) -> Chart:
        if ref.path is None:
            return _as_pinned(_archive(fetch_archive(ref, self._cache, self._repositories)), ref)
        if ref.path.is_dir():
            return self._folder(ref.path)
        if ref.path.is_file():
            return _archive(ref.path)
        raise ChartError(f"there is no chart at {ref.path}", hint=_similar(ref.path))

    def _folder(self, path: Path) -> Chart:
        files = read_folder(path, self._root)
        if is_complete(files, str(path)):
            return parse_chart(files, path, digest_of(files))
        built = complete(path, self._root, self._cache, self._engine)
        files = read_folder(built, self._cache)
        return parse_chart(files, built, digest_of(files))


def _archive(path: Path) -> Chart:
    if path.stat().st_size > bounds.MAX_CHART:
        raise ChartError(f"archive {path} has more than {bounds.MAX_CHART // bounds.MEBIBYTE} MB")
    data = path.read_bytes()
    return parse_chart(read_archive(data, str(path)), path, hashlib.sha256(data).hexdigest())


def _as_pinned(chart: Chart, ref: ChartRef) -> Chart:
    """Itself: a lock file holds for what is kept, too."""
    if ref.pin and chart.digest != ref.pin.digest:
        raise ChartError(
            f"{chart.path} in the cache was changed: its sha256 is {chart.digest[:12]}…, not {ref.pin.digest[:12]}…",
            hint="remove it: the next run downloads it anew",
        )
    return chart


def _similar(path: Path) -> str | None:
    """A sibling with a similar name that is a chart."""
    try:
        siblings = [item for item in path.parent.iterdir() if item.suffix == ".tgz" or (item / "Chart.yaml").exists()]
    except OSError:
        return f"there is no folder {path.parent} either"
    names = [item.name for item in siblings]
    close = difflib.get_close_matches(path.name, names, n=3) or sorted(names)[:3]
    return f"did you mean {' or '.join(close)}, beside it?" if close else None
