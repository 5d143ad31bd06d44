"""Releases that are looked at again soon: what becomes ready, and what somebody changed during a run. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.daemon.config import KeepSpec
from reconciler.daemon.looked import Looked
from reconciler.daemon.runner import Ran
from reconciler.daemon.timing import Attempts, Backoff
from reconciler.flows.status import ReleaseStatus
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.outcome import Result
from reconciler.model.standing import Condition as Health
from reconciler.model.standing import Sync

_STARTING = Backoff(first=5.0, longest=300.0)
_DRIFTING = Backoff(first=1.0, longest=300.0)
_IN_PLACE = (Result.DONE, Result.UNCHANGED)


def _starting() -> Attempts[ReleaseId]:
    return Attempts(_STARTING)


def _drifting() -> Attempts[ReleaseId]:
    return Attempts(_DRIFTING)


@dataclass(frozen=True, slots=True)
class Settling:
    """Each of them is looked at later and later, for as long as it is so.

    Attributes:
        starting: those that were not ready yet.
        drifting: those that were not as the run had left them, of which no watch tells: it goes on from what the run
            saw at its end.
    """

    starting: Attempts[ReleaseId] = field(default_factory=_starting)
    drifting: Attempts[ReleaseId] = field(default_factory=_drifting)

    def after(self, keep: KeepSpec, ran: Ran, now: float, chance: float) -> Settling:
        """After a run; what it did not look at is as before."""
        found = {item.id: item for part in ran.turn.kept for item in part.status.releases}
        starting = {key for key, item in found.items() if item.health.condition is Health.PROGRESSING}
        drifting = set(_drifted(ran, found)) if keep.correct_drift and ran.allowed else set()
        looked = ran.turn.looked
        return Settling(
            _noted(self.starting, starting, looked, now, chance), _noted(self.drifting, drifting, looked, now, chance)
        )

    def times(self) -> Mapping[ReleaseId, float]:
        """When each is looked at."""
        starting, drifting = self.starting.all(), self.drifting.all()
        return {**starting, **{key: min(at, starting.get(key, at)) for key, at in drifting.items()}}


def _drifted(ran: Ran, found: Mapping[ReleaseId, ReleaseStatus]) -> set[ReleaseId]:
    """Those that the run was through with. What failed or was refused is tried again by itself, or not at all."""
    outcomes = [item for part in ran.turn.kept if part.outcome for item in part.outcome.actions]
    done: set[Target] = {item.action.target for item in outcomes if item.result in _IN_PLACE} - set(ran.held)
    return {key for key, item in found.items() if item.standing.sync is Sync.DRIFTED and key in done}


def _noted(
    known: Attempts[ReleaseId], found: set[ReleaseId], looked: Looked, now: float, chance: float
) -> Attempts[ReleaseId]:
    for key, until in known.all().items():
        if looked.covers(key) and key not in found:
            known = known.succeeded(key)
        elif not looked.covers(key) and until <= now:
            # It could not be looked at, which must not be tried all the time.
            known = known.failed(key, "", now, chance)
    for key in sorted(found):
        known = known.failed(key, "", now, chance)
    return known
