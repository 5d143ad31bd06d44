"""A lock made anew: what is still used, what was resolved, and what that changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.desired import ChartRef, Desired
from reconciler.model.lock import Lock, LockChange, LockKey, Pin


def charts_to_lock(desired: Desired) -> Mapping[LockKey, ChartRef]:
    """Every chart that comes from a repository or registry, once for each range, as it is first asked for."""
    found: dict[LockKey, ChartRef] = {}
    for release in desired.releases:
        key = release.chart_ref.lock_key
        if key:
            found.setdefault(key, release.chart_ref)
    return found


def relocked(before: Lock, used: Iterable[LockKey], resolved: Mapping[LockKey, Pin]) -> Lock:
    """The new lock: what is used, as resolved or else as it was; what is neither stays without an entry."""
    found = {key: resolved.get(key) or before.get(key) for key in used}
    return {key: pin for key, pin in found.items() if pin}


def lock_changes(before: Lock, after: Lock) -> tuple[LockChange, ...]:
    """Every entry of either lock, sorted."""
    return tuple(LockChange(key, before.get(key), after.get(key)) for key in sorted(before.keys() | after.keys()))
