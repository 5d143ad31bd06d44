"""Charts that the library has loaded, shared where that is safe."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reconciler.adapters.helm.manager import load_library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.model.chart import Chart

KEPT = 64
"""How many loaded charts are kept; a daemon meets new digests for ever."""


class LoadedCharts:
    """Loads each chart once by path and digest, save those with subcharts.

    The library works out conditions, tags and aliases of dependencies *in* the loaded chart: a subchart that
    one release disables would be missing for the next. A chart with subcharts is loaded for each use (0.6 ms).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Path, str], Any] = OrderedDict()

    @contextmanager
    def use(self, chart: Chart) -> Iterator[Any]:
        """The library's handle of the chart, valid inside the `with`."""
        if chart.subcharts:
            with load_library().Chart.load(chart.path) as handle:
                yield handle
        else:
            # A handle that drops out of the cache lives on until its last user lets it go.
            yield self._shared(chart)

    def _shared(self, chart: Chart) -> Any:
        key = (chart.path, chart.digest)
        with self._lock:
            handle = self._kept.pop(key, None) or load_library().Chart.load(chart.path)
            self._kept[key] = handle
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return handle
