"""What is looked at again soon: releases that become ready, and what somebody changed during a run. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.daemon.config.sync_file import KeepSpec
from reconciler.daemon.looked import Looked
from reconciler.daemon.loop.runner import Ran
from reconciler.daemon.timing import Attempts, Backoff
from reconciler.flows.status import ReleaseStatus
from reconciler.model.identity import Target
from reconciler.model.standing import Condition as Health
from reconciler.model.standing import Sync

_STARTING = Backoff(first=5.0, longest=300.0)
_DRIFTING = Backoff(first=0.25, longest=300.0)


def _starting() -> Attempts[Target]:
    return Attempts(_STARTING)


def _drifting() -> Attempts[Target]:
    return Attempts(_DRIFTING)


@dataclass(frozen=True, slots=True)
class Settling:
    """Each of them is looked at later and later, for as long as it is so.

    Attributes:
        starting: those that were not ready yet.
        drifting: those that were not as the run had left them, of which no watch tells: it goes on from what the run
            saw at its end.
    """

    starting: Attempts[Target] = field(default_factory=_starting)
    drifting: Attempts[Target] = field(default_factory=_drifting)

    def after(self, keep: KeepSpec, ran: Ran, now: float, chance: float) -> Settling:
        """After a run; what it did not look at is as before."""
        starting: set[Target] = {item.id for item in _statuses(ran) if item.health.condition is Health.PROGRESSING}
        drifting = _drifted(ran) if keep.correct_drift and ran.allowed else set()
        looked = ran.turn.looked
        return Settling(
            _noted(self.starting, starting, looked, now, chance), _noted(self.drifting, drifting, looked, now, chance)
        )

    def times(self) -> Mapping[Target, float]:
        """When each is looked at."""
        starting, drifting = self.starting.all(), self.drifting.all()
        return {**starting, **{key: min(at, starting.get(key, at)) for key, at in drifting.items()}}


def _drifted(ran: Ran) -> set[Target]:
    """What the run was through with. What failed or was refused is tried again by itself, or not at all."""
    done = {item.action.target for item in ran.turn.outcomes if item.result.is_in_place} - set(ran.held)
    releases: set[Target] = {item.id for item in _statuses(ran) if item.standing.sync is Sync.DRIFTED}
    return done & (releases | {target for part in ran.turn.kept for target, _ in part.status.others})


def _statuses(ran: Ran) -> Iterator[ReleaseStatus]:
    return (item for part in ran.turn.kept for item in part.status.releases)


def _noted(known: Attempts[Target], found: set[Target], looked: Looked, now: float, chance: float) -> Attempts[Target]:
    for key, until in known.all().items():
        if looked.covers(key) and key not in found:
            known = known.succeeded(key)
        elif not looked.covers(key) and until <= now:
            # It could not be looked at, which must not be tried all the time.
            known = known.failed(key, "", now, chance)
    for key in found:
        known = known.failed(key, "", now, chance)
    return known
