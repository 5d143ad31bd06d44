"""Taking a Lease: at once when nobody holds it, else when its holder is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.errors import ApiError, ClusterError, LockError
from reconciler.model.lease import Clock, Lease, Leases, holder_text

# Seconds between two looks for which a person waits, and how often one that fails is tried.
PAUSE, TRIES = 0.5, 4


@dataclass(frozen=True, slots=True)
class Terms:
    """How a run takes locks.

    Attributes:
        holder: its identity.
        duration: seconds without a renewal after which it may be taken for dead.
        patience: seconds that it waits for a holder that lives.
        by_force: whoever holds a lock is taken for dead at once.
        pause: seconds between two looks at a Lease that another holds.
    """

    holder: str
    duration: float
    patience: float = 0.0
    by_force: bool = False
    pause: float = PAUSE


@dataclass(frozen=True, slots=True)
class Claim:
    """A Lease that was written, and when that was asked for, by the clock that only goes forward.

    Attributes:
        waited: another run held it before, and may have changed things meanwhile.
    """

    lease: Lease
    at: float
    waited: bool = False


# What a server says that may answer otherwise in a moment.
_PASSING = (429, 500, 502, 503, 504)

Tell = Callable[[Lease], None]


def acquire(leases: Leases, terms: Terms, clock: Clock, tell: Tell) -> Claim:
    """Take the Lease. `tell` is given one that has to be waited for, once for each holder.

    Whether a holder lives is judged by this machine's clock alone, as client-go does: it is dead when its Lease stayed
    the same for as long as the Lease says. So one whose clock jumps is not taken for dead, and a dead one costs a wait.

    Raises:
        LockError: its holder gave a sign of life, and the patience is at its end.
        ClusterError: the Lease cannot be read or written.
    """
    begun, failures = clock.ticks(), 0
    watch = _Watch()
    while True:
        try:
            claim = _look(leases, watch, terms, clock, tell)
            failures = 0
        except ClusterError as error:
            failures += 1
            if failures >= TRIES or not _may_pass(error):
                raise
            claim = None
        if claim:
            return claim
        if watch.last and watch.is_alive and clock.ticks() - begun >= terms.patience:
            raise _refusal(leases.cluster, watch.last)
        clock.sleep(terms.pause)


def attempt(leases: Leases, terms: Terms, clock: Clock) -> Claim | None:
    """Take the Lease if nobody holds it; None: somebody does, or was faster. Raises ClusterError."""
    return _look(leases, _Watch(), terms, clock, lambda _: None)


def _look(leases: Leases, watch: _Watch, terms: Terms, clock: Clock, tell: Tell) -> Claim | None:
    """One attempt; None: it is another's."""
    found = leases.read()
    now = clock.ticks()
    if found is None or watch.is_free(found, terms, now):
        stored = leases.write(_taken(found, terms, clock.now()))
        return Claim(stored, now, waited=watch.last is not None) if stored else None
    if watch.see(found, now):
        tell(found)
    return None


def _may_pass(error: ClusterError) -> bool:
    return not isinstance(error, ApiError) or error.status in _PASSING


class _Watch:
    """What is seen of a Lease that another holds."""

    def __init__(self) -> None:
        self.last: Lease | None = None
        self._since = 0.0
        self.is_alive = False

    def is_free(self, found: Lease, terms: Terms, now: float) -> bool:
        """Whether it may be taken."""
        if found.holder in ("", terms.holder) or terms.by_force:
            return True
        unchanged = self.last is not None and _signs(found) == _signs(self.last)
        return unchanged and now - self._since >= found.duration

    def see(self, found: Lease, now: float) -> bool:
        """Note it; whether its holder is one that was not seen before."""
        last = self.last
        if last is None or _signs(found) != _signs(last):
            self.last, self._since, self.is_alive = found, now, last is not None
        return last is None or last.holder != found.holder


def _signs(lease: Lease) -> tuple[object, ...]:
    """What a holder writes; anybody may put labels and annotations on a Lease."""
    return lease.holder, lease.acquired, lease.renewed, lease.transitions


def _taken(found: Lease | None, terms: Terms, now: datetime) -> Lease:
    if found is None:
        return Lease(terms.holder, terms.duration, now, now, transitions=0)
    ours = replace(found, holder=terms.holder, duration=terms.duration, transitions=found.transitions + 1)
    return replace(ours, acquired=now, renewed=now)


def _refusal(cluster: str, found: Lease) -> LockError:
    since = f" since {found.acquired:%Y-%m-%d %H:%M:%S} UTC" if found.acquired else ""
    return LockError(
        f"cluster {cluster}: {holder_text(found.holder)} holds the lock of the environment{since}, and is at work",
        hint="wait for it with --lock-timeout 10m",
    )
