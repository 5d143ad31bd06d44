"""The archives of rebuilt charts, each written once however many releases are of it."""

from __future__ import annotations

from reconciler.errors import ChartError
from reconciler.importing.charts import archive_name
from reconciler.model.chart import Chart
from reconciler.model.importing import Drafts


class Archives:
    """The archives of one import.

    Attributes:
        files: name below the folder → content.
    """

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts
        self._taken: dict[str, str] = {}
        self.files: dict[str, bytes] = {}

    def add(self, chart: Chart) -> str:
        """The name of a chart's archive, as the file names it. Raises ChartError: the chart's can be no file's name."""
        name = archive_name(chart.name, chart.version, chart.digest, self._taken)
        if name is None:
            raise ChartError(f"chart {chart.name!r} {chart.version!r} has a name or a version that can be no file's")
        self._taken[name] = chart.digest
        path = f"charts/{name}"
        self.files[path] = self._drafts.content(chart)
        return path
