"""An operation that began and has not ended: is whoever began it at work still?"""

from __future__ import annotations

from datetime import datetime, timedelta

from reconciler.model.lease import Hold
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.ownership import BEGUN_BY, REVISION, RUN
from reconciler.model.policy import LockPolicy
from reconciler.plan.states import Locked, Stuck


def pending(stored: StoredRelease, in_place: int, lock: LockPolicy, hold: Hold, now: datetime) -> Stuck | Locked:
    """The state of a release that is pending; `in_place` of its objects are as the revision says.

    A run of ours marks its revision, and works under the lock: who holds the lock knows that it is dead, and a plan,
    which does not, leaves that open. A plain `helm` holds no lock; it counts as dead when it is older than any can be.
    """
    run = run_of(stored) if lock.enabled else None
    if hold.everyone or (run and stored.id.cluster in hold.clusters):
        return Stuck(stored, run, in_place)
    if run:
        return Stuck(stored, run, in_place, is_certain=False)
    overdue = now - stored.changed > timedelta(seconds=lock.helm_timeout)
    return Stuck(stored, None, in_place) if overdue else Locked(stored, stored.changed)


def run_of(stored: StoredRelease) -> str | None:
    """The run of ours that works on the newest revision, as far as can be known.

    Helm copies labels to the revisions that it makes itself, and keeps them on one that it uninstalls.
    """
    if stored.status in (ReleaseStatus.UNINSTALLING, ReleaseStatus.PENDING_ROLLBACK):
        run, _, revision = stored.labels.get(BEGUN_BY, "").rpartition(".")
        return run if run and revision == str(stored.revision) else None
    return stored.labels.get(RUN) if stored.labels.get(REVISION) == str(stored.revision) else None


def in_progress(stored: StoredRelease, since: datetime) -> str:
    """What keeps everybody else's hands off a release."""
    return (
        f"another operation is in progress: revision {stored.revision} is {stored.status} "
        f"since {since:%Y-%m-%d %H:%M:%S} UTC; if its run is dead, use --break-lock"
    )


def repair_reason(state: Stuck) -> str:
    """What was found, and what is done about it."""
    stored = state.stored
    who = f"run {state.run}" if state.run else "a run"
    if not state.is_certain:
        return f"revision {stored.revision} is {stored.status} by {who}: repaired when its lock is free, then upgraded"
    traces = f"{who} that ended{_traces(state)}"
    return f"revision {stored.revision} was left {stored.status} by {traces}: repaired, then upgraded"


def _traces(state: Stuck) -> str:
    total = len(state.stored.objects)
    if not total:
        return ""
    return f" with {state.in_place} of {total} object{'' if total == 1 else 's'} in place"
