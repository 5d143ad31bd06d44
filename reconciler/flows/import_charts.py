"""The chart of each live release: from where the user says, or rebuilt from what Helm keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.desired.render import render
from reconciler.errors import ChartError, EngineError, Location
from reconciler.flows.context import Tools
from reconciler.importing.charts import Choice, Fit, archive_name, best, compared, notes
from reconciler.importing.request import ClusterImport
from reconciler.importing.values import mask_of
from reconciler.model.chart import Chart
from reconciler.model.desired import ChartRef, ClusterAccess, Desired, Release
from reconciler.model.importing import Drafts, LiveCluster, Note
from reconciler.model.inputs import Inputs
from reconciler.model.json import JsonMap
from reconciler.model.observed import StoredRelease

_HISTORY = 10


@dataclass(frozen=True, slots=True)
class _Anywhere:
    """The places of values that stand in no file yet."""

    where: Location

    def at(self, _path: Sequence[str | int]) -> Location:
        """The file."""
        return self.where


@dataclass(frozen=True, slots=True)
class ChartFinder:
    """Finds the charts of one cluster's releases."""

    request: ClusterImport
    desired: Desired
    inputs: Inputs
    tools: Tools
    cluster: LiveCluster
    drafts: Drafts

    def choose(self, item: StoredRelease) -> tuple[Choice | None, Sequence[Note]]:
        """The chart that renders what is installed, or the nearest to it; None: none renders these objects."""
        tried: list[Choice] = []
        for entry, chart in self._candidates(item):
            tried.append(self._tried(item, entry, chart))
            if tried[-1].fit is Fit.EXACT:
                break
        choice = best(tried)
        return choice, tuple(notes(item, choice, tried))

    def _candidates(self, item: StoredRelease) -> Iterator[tuple[Mapping[str, str] | None, Chart]]:
        """What the file would say, and the chart; without words, one that has to be written."""
        yield from self._local(item)
        yield from self._published(item)
        files = self.cluster.stored_chart(item.id, item.revision)
        if files and archive_name(item.chart_name, item.chart_version, "", {}):
            try:
                yield None, self.drafts.chart(item.chart_name, files)
            except ChartError:  # what is stored is no chart; then the others have to do
                return

    def _local(self, item: StoredRelease) -> Iterator[tuple[Mapping[str, str], Chart]]:
        where = Location(self.request.file, 1, 1)
        for name in self.request.charts:
            chart = self.tools.fetch_chart(ChartRef(self.inputs.files.locate(name, where), None, None, None, where))
            if (chart.name, chart.version) == (item.chart_name, item.chart_version):
                yield {"chart": name}, chart

    def _published(self, item: StoredRelease) -> Iterator[tuple[Mapping[str, str], Chart]]:
        where = Location(self.request.file, 1, 1)
        for name, repository in self.desired.repositories.items():
            ref = ChartRef(None, item.chart_name, item.chart_version, repository, where)
            try:
                chart = self.tools.fetch_chart(ref)
            except ChartError:  # another repository has it, or none
                continue
            yield {"chart": f"{name}/{item.chart_name}", "version": item.chart_version}, chart

    def _tried(self, item: StoredRelease, entry: Mapping[str, str] | None, chart: Chart) -> Choice:
        try:
            rendered = self._rendered(item, chart)
        except (ChartError, EngineError) as error:
            return Choice(entry, chart, Fit.OTHER_OBJECTS, (mask_of(item.values).text(error.message),))
        return compared(entry, chart, rendered, item, self.cluster.resources())

    def _rendered(self, item: StoredRelease, chart: Chart) -> tuple[JsonMap, ...]:
        where = Location(self.request.file, 1, 1)
        ref = ChartRef(chart.path, None, None, None, where)
        release = Release(
            id=item.id,
            chart_ref=ref,
            values=item.values,
            replicas={},
            sources=_Anywhere(where),
            wait=None,
            history=_HISTORY,
            needs={},
            where=where,
            chart=chart,
        )
        return render(
            release,
            self.tools.engine,
            upgrade=item.revision > 1,
            capabilities=self.cluster.capabilities(),
            cluster=self._access,
        )

    @property
    def _access(self) -> ClusterAccess:
        return self.desired.clusters[self.request.cluster]
