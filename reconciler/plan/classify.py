"""(desired, observed) → the state of each release. Pure: the only clock is that of the observation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reconciler.model.chart import Chart
from reconciler.model.compare import missing_from, show
from reconciler.model.desired import Desired, Release
from reconciler.model.identity import NamespaceId, ReleaseId
from reconciler.model.lease import NO_HOLD, Hold
from reconciler.model.manifest import as_applied, as_stored, goes_when_done, identified
from reconciler.model.observed import Observed, ObservedCluster, ReleaseStatus, StoredRelease
from reconciler.model.ownership import CHART, ENVIRONMENT, REVISION
from reconciler.plan.lacking import NOBODY, Bystanders, HealthOf
from reconciler.plan.pending import pending
from reconciler.plan.states import (
    TAKES_OVER,
    Foreign,
    Homeless,
    NotInstalled,
    Outdated,
    Retired,
    Settled,
    State,
    Suspect,
    Unclaimed,
)
from reconciler.plan.values import changed

_NAMED_PATHS = 6
# As Helm describes a rollback, whoever asked for it: a person, or an apply that failed.
_ROLLBACK = re.compile(r"Rollback to \d+$")


def classify(
    desired: Desired, observed: Observed, hold: Hold = NO_HOLD, health: HealthOf = NOBODY
) -> Mapping[ReleaseId, State]:
    """The state of every desired release.

    `hold` tells who may be at work on those that are pending, `health` how those are that were not selected.
    """
    bystanders = Bystanders.of(desired, observed, health)
    return {
        release.id: _obstacle(desired, release, observed)
        or bystanders.lacking(release.needs)
        or _state(desired, release, observed, hold)
        for release in desired.releases
    }


def _obstacle(desired: Desired, release: Release, observed: Observed) -> State | None:
    """What is in the way before the release itself is looked at."""
    home = NamespaceId(release.id.cluster, release.id.namespace)
    missing = observed.clusters[release.id.cluster].missing_namespaces
    if home.name in missing and all(home != namespace.id for namespace in desired.namespaces):
        return Homeless()
    return None


def _state(desired: Desired, release: Release, observed: Observed, hold: Hold) -> State:
    stored = observed.release(release.id)
    if stored is None:
        return NotInstalled()
    if stored.status is ReleaseStatus.UNINSTALLED:
        return Retired(stored)
    owner = stored.labels.get(ENVIRONMENT, desired.name)
    if owner != desired.name:
        return Foreign(stored, owner)
    if stored.status.is_pending:
        in_place = len(stored.objects) - len(list(_suspects(release, stored, observed.clusters[release.id.cluster])))
        return pending(stored, in_place, desired.policy.lock, hold, observed.at)
    return _compared(release, stored, observed.clusters[release.id.cluster])


def _compared(release: Release, stored: StoredRelease, cluster: ObservedCluster) -> State:
    reasons = tuple(_reasons(release, stored))
    if ENVIRONMENT not in stored.labels:
        return Outdated(stored, (TAKES_OVER, *reasons)) if reasons else Unclaimed(stored)
    return Outdated(stored, reasons) if reasons else Settled(stored, tuple(_suspects(release, stored, cluster)))


def _reasons(release: Release, stored: StoredRelease) -> Iterator[str]:
    if stored.status is not ReleaseStatus.DEPLOYED:
        yield f"revision {stored.revision} is {stored.status}: {stored.description}"
    if not stored.is_readable:
        yield f"the manifest of revision {stored.revision} cannot be read"
    if release.chart:
        yield from _chart_reasons(release.chart, stored)
    paths = [show(path) for path in changed(stored.values, release.values)]
    if paths:
        yield f"values changed: {_listed(paths)}"
    if stored.labels.get(REVISION, str(stored.revision)) != str(stored.revision):
        how = "is a rollback" if _ROLLBACK.match(stored.description) else "was made by hand"
        yield f"revision {stored.revision} {how}: {stored.description}"


def _chart_reasons(chart: Chart, stored: StoredRelease) -> Iterator[str]:
    if chart.name != stored.chart_name:
        yield f"chart {stored.chart_name} {stored.chart_version} → {chart.name} {chart.version}"
    elif chart.version != stored.chart_version:
        yield f"chart {stored.chart_version} → {chart.version}"
    elif not chart.digest.startswith(stored.labels.get(CHART, "")):
        yield f"the content of chart {chart.name} {chart.version} changed"


def _listed(paths: list[str]) -> str:
    rest = len(paths) - _NAMED_PATHS
    return ", ".join(paths[:_NAMED_PATHS]) + (f" and {rest} more" if rest > 0 else "")


def _suspects(release: Release, stored: StoredRelease, cluster: ObservedCluster) -> Iterator[Suspect]:
    for identity, item in identified(stored.objects, release.id, cluster.resources).items():
        live = cluster.objects.get(identity)
        if live is None and goes_when_done(item):
            continue
        expected = as_applied(item, identity, release.id)
        if live is None or any(missing_from(as_stored(expected), live)):
            yield Suspect(identity, expected, live)
