"""What an HTTP repository has: its index, asked for once, and again only where something may have changed."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from reconciler.adapters.charts import bounds
from reconciler.adapters.http import HttpClient, Login, Request, shown
from reconciler.adapters.repositories.index import Entry, Index, parse_index
from reconciler.errors import ChartError

if TYPE_CHECKING:
    from reconciler.adapters.repositories.kept import IndexCache
    from reconciler.model.desired import Repository
    from reconciler.model.repository import PublishedChart

_MAX_INDEX = 50 * bounds.MEBIBYTE
_SHOWN = 5


class Catalogue:
    """The index of one repository. Several threads may ask. Methods raise TransferError: it cannot be had."""

    def __init__(self, repository: Repository, http: HttpClient, login: Login | None, cache: IndexCache) -> None:
        self._repository, self._http, self._login, self._cache = repository, http, login, cache
        self._lock = threading.Lock()
        self._index: Index | None = None

    def entries(self, name: str) -> Sequence[Entry]:
        """The versions of a chart, the newest first.

        Raises:
            ChartError: there is no such chart.
        """
        index = self._loaded()
        if name not in index:
            near = difflib.get_close_matches(name, index, n=_SHOWN)
            advice = f"did you mean {' or '.join(near)}?" if near else f"it has {len(index)} others"
            raise ChartError(f"repository {self._repository.name} has no chart {name}", hint=_check(advice))
        return index[name]

    def entry(self, chart: PublishedChart) -> Entry:
        """One version of a chart. Raises ChartError: there is no such version."""
        entries = self.entries(chart.name)
        wanted = chart.version.removeprefix("v")
        found = next((item for item in entries if item.chart.version.removeprefix("v") == wanted), None)
        if found is None:
            newest = ", ".join(item.chart.version for item in entries[:_SHOWN])
            message = f"repository {self._repository.name} has no version {chart.version} of chart {chart.name}"
            raise ChartError(message, hint=_check(f"its newest are {newest}" if newest else "it has none"))
        return found

    def find(self, name: str, version: str) -> Entry | None:
        """A version, if there is one."""
        return next((item for item in self._loaded().get(name, ()) if item.chart.version == version), None)

    def forget(self) -> None:
        """Something was published: ask for the index anew."""
        with self._lock:
            self._index = None

    def _loaded(self) -> Index:
        with self._lock:
            if self._index is None:
                self._index = self._load()
            return self._index

    def _load(self) -> Index:
        kept = self._cache.find(self._repository)
        url = f"{self._repository.url}/index.yaml"
        answer = self._http.send(
            Request("GET", url, self._login, headers=kept.conditions if kept else {}, limit=_MAX_INDEX)
        )
        if kept and answer.status == HTTPStatus.NOT_MODIFIED:
            return kept.index
        index = parse_index(answer.checked().content.decode(errors="replace"), shown(url))
        self._cache.keep(self._repository, index, answer.headers)
        return index


def _check(advice: str) -> str:
    return f"check the name and the version: {advice}"
