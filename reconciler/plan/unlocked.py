"""Charts whose version is left to what is newest when a run begins."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.desired import Desired, Release
from reconciler.model.lock import LockKey
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.versions import is_exact

_NAMED = 3


def unlocked(desired: Desired) -> Iterator[Check]:
    """One check that names them all; none where every range is locked. An exact version says itself what it means."""
    found: dict[LockKey, Release] = {}
    for release in desired.releases:
        key = release.chart_ref.lock_key
        if key and release.chart_ref.pin is None and not is_exact(key.range):
            found.setdefault(key, release)
    if not found:
        return
    named = [f"{key.chart} {key.range}{_now(release)}" for key, release in list(found.items())[:_NAMED]]
    rest = len(found) - len(named)
    first = next(iter(found.values()))
    yield Check(
        Area.CHART,
        ", ".join(named) + (f" and {rest} more" if rest else ""),
        Status.WARNING,
        "not locked: each run takes the newest version that fits",
        "run `reconcile update` and commit the lock file, so that what was reviewed is what is applied",
        first.chart_ref.where,
    )


def _now(release: Release) -> str:
    return f" (now {release.chart.version})" if release.chart else ""
