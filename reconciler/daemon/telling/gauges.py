"""How environments stand, as metrics: made anew from the board at each scrape, so that nothing goes stale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reconciler.model.standing import Condition as Health
from reconciler.model.standing import Sync
from reconciler.model.sync import Board, ConditionKind, EnvironmentView


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its name, what it means, and its labels."""

    name: str
    meaning: str
    labels: tuple[str, ...]


_RELEASES = Family("reconciler_releases", "Releases, by how they compare with the commit.", ("environment", "state"))
_HEALTH = Family("reconciler_releases_health", "Releases, by how their objects are.", ("environment", "health"))
_CONDITION = Family(
    "reconciler_environment_condition", "1 where the environment is in this condition.", ("environment", "condition")
)
_PENDING = Family(
    "reconciler_environment_pending_changes", "Changes that the last plan has left to do.", ("environment",)
)
_RUNNING = Family("reconciler_environment_running", "1 while a run is under way.", ("environment",))
_LEADER = Family("reconciler_environment_leader", "1 where this replica acts for the environment.", ("environment",))
_SUCCEEDED = Family(
    "reconciler_environment_last_success_timestamp_seconds",
    "When the clusters were last as the commit says, in seconds since 1970.",
    ("environment",),
)
_COMMIT = Family(
    "reconciler_environment_applied_commit_info", "The commit that was applied last.", ("environment", "sha", "ref")
)
FAMILIES = (_RELEASES, _HEALTH, _CONDITION, _PENDING, _RUNNING, _LEADER, _SUCCEEDED, _COMMIT)


class Gauges(Collector):
    """What a board shows."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterator[Metric]:
        """See Collector."""
        views = self._board.environments()
        samples = [sample for view in views for sample in _samples(view)]
        for family in FAMILIES:
            metric = GaugeMetricFamily(family.name, family.meaning, labels=family.labels)
            for of, labels, value in samples:
                if of is family:
                    metric.add_metric(labels, value)
            yield metric


_Sample = tuple[Family, tuple[str, ...], float]


def _samples(view: EnvironmentView) -> Iterator[_Sample]:
    name = view.name
    conditions = {condition.kind for condition in view.conditions}
    yield from _counts(_RELEASES, name, Sync, [release.standing.sync for release in view.releases])
    yield from _counts(_HEALTH, name, Health, [release.health.condition for release in view.releases])
    for kind in ConditionKind:
        yield _CONDITION, (name, kind.value), float(kind in conditions)
    yield _PENDING, (name,), float(view.plan.changes if view.plan else 0)
    yield _RUNNING, (name,), float(view.running is not None)
    yield _LEADER, (name,), float(ConditionKind.STANDING_BY not in conditions)
    if view.succeeded:
        yield _SUCCEEDED, (name,), view.succeeded.timestamp()
    if view.applied:
        yield _COMMIT, (name, view.applied.sha, view.applied.ref), 1.0


def _counts(family: Family, name: str, words: Iterable[str], found: Iterable[str]) -> Iterator[_Sample]:
    """One sample for each word, also where there is none: a series that comes and goes cannot be alerted on."""
    counted: Mapping[str, int] = Counter(found)
    for word in words:
        yield family, (name, str(word)), float(counted.get(word, 0))
