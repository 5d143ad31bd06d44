"""Which replica acts for an environment: a Lease for each."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from reconciler.apply.acquire import Claim, Terms, acquire, attempt
from reconciler.apply.tenure import Tenure
from reconciler.daemon.replicas.shares import Shares
from reconciler.errors import LockError, LockLostError, ReconcilerError
from reconciler.model.lease import Clock, Lease, Leases

# Parts of the Lease's duration: how often one that another holds is looked at, how often our own, and within how much a
# replica takes all that nobody else does.
LOOK, GLANCE, START = 1 / 10, 1 / 5, 1 / 3

_LOGGER = logging.getLogger("reconciler.lead")


class Changed(Protocol):
    """Is told each time that this replica begins or ceases to lead, and who leads then; empty: it is not known."""

    def __call__(self, holder: str, *, leading: bool) -> None:
        """Take note; from the election's thread."""
        ...


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who wants to lead.

    Attributes:
        holder: this replica's identity.
        duration: of the Lease, in seconds.
    """

    holder: str
    duration: float
    clock: Clock
    shares: Shares

    @property
    def terms(self) -> Terms:
        """Waits for ever: a leader may stay for months."""
        return Terms(self.holder, self.duration, patience=float("inf"), pause=self.duration * LOOK)


class Leadership:
    """Leads one environment whenever no other replica does.

    Args:
        changed: see Changed.
    """

    def __init__(self, leases: Leases, candidate: Candidate, changed: Changed) -> None:
        self._leases, self._candidate, self._changed = leases, candidate, changed
        self._tenure: Tenure | None = None
        self._runs, self._counting = 0, threading.Lock()
        self._ended = threading.Event()
        self._hurried = threading.Event()
        self._thread = threading.Thread(target=self._strive, daemon=True)

    def begin(self) -> None:
        """Try to lead from now on."""
        self._candidate.shares.join(self)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still tries to lead, or does."""
        return self._thread.is_alive()

    @property
    def is_leading(self) -> bool:
        """Whether this replica leads, as far as it knows."""
        return self._tenure is not None

    @property
    def is_lost(self) -> bool:
        """Whether a run that is under way has to end, since another replica may lead."""
        return self._hurried.is_set()

    @contextmanager
    def acting(self) -> Iterator[None]:
        """A run. Raises LockLostError: it may not begin, since another replica leads."""
        with self._counting:
            tenure = self._tenure
            if tenure is None or self.is_lost:
                raise LockLostError("another replica leads")
            self._runs += 1
        try:
            with tenure.writing():
                yield
        finally:
            with self._counting:
                self._runs -= 1

    def ask(self, *, wanted: bool) -> None:
        """Ask whoever leads to hand it over to this replica between two runs, or not to. Raises ClusterError."""
        found, ours = self._leases.read(), self._candidate.holder
        if found and found.holder != ours and (found.wish.heir == ours) is not wanted:
            self._leases.write(replace(found, wish=replace(found.wish, heir=ours if wanted else "")))

    def end(self) -> None:
        """Give it up, so that another replica need not wait; who is standing by does so no longer."""
        self._ended.set()
        self._candidate.shares.part(self)
        if self.is_leading:
            self._thread.join(self._candidate.duration)

    def _strive(self) -> None:
        while not self._ended.is_set():
            if not _survived(self._try):
                _survived(self._know_nobody)
                self._ended.wait(self._candidate.duration * GLANCE)

    def _know_nobody(self) -> None:
        if not self._ended.is_set():
            self._changed("", leading=False)

    def _try(self) -> None:
        """Lead once, as soon as what was begun in an earlier lead has ended: that was told that the lead is lost."""
        if self._runs:
            self._ended.wait(self._candidate.duration * LOOK)
        else:
            self._lead(self._claim())

    def _claim(self) -> Claim:
        candidate = self._candidate
        clock = _Patience(candidate.clock, self._ended)
        taken = self._in_turn(clock)
        return taken or self._counted(acquire(self._leases, candidate.terms, clock, self._standing_by))

    def _in_turn(self, clock: Clock) -> Claim | None:
        """One attempt: whoever waits for a holder keeps its turn from nobody."""
        candidate = self._candidate
        with candidate.shares.turn:
            clock.sleep(candidate.shares.pause(candidate.duration * START))
            claim = attempt(self._leases, candidate.terms, clock)
            return claim and self._counted(claim)

    def _counted(self, claim: Claim) -> Claim:
        """At once, since whose turn is next has to know of it."""
        self._candidate.shares.lead(self)
        return claim

    def _standing_by(self, lease: Lease) -> None:
        self._candidate.shares.see(self, lease.holder)
        self._changed(lease.holder, leading=False)

    def _lead(self, claim: Claim) -> None:
        tenure = Tenure(self._leases, claim, self._candidate.clock, self._abandon)
        heir = ""
        try:
            tenure.begin()
            self._hurried.clear()
            self._tenure = tenure
            self._changed(self._candidate.holder, leading=True)
            heir = self._hold(tenure)
        finally:
            self._abandon()
            self._tenure = None
            self._candidate.shares.leave(self)
            tenure.end(heir)
        self._changed(heir, leading=False)

    def _hold(self, tenure: Tenure) -> str:
        """Until the end, or until a run was told that it is lost; gives the heir, if it is handed over."""
        while not self._ended.wait(self._candidate.duration * GLANCE) and not self.is_lost:
            tenure.check()
            heir = tenure.lease.wish.heir
            if heir not in ("", self._candidate.holder) and self._leave_off():
                return heir
        return ""

    def _leave_off(self) -> bool:
        """Begin no run any more; whether none is under way."""
        with self._counting:
            if self._runs:
                return False
            self._tenure = None
            return True

    def _abandon(self, _lost: LockLostError | None = None) -> None:
        self._hurried.set()


def _survived(step: Callable[[], None]) -> bool:
    """Whether a step went well: whatever befalls it, also a bug, must not end the election."""
    try:
        step()
    except ReconcilerError:
        # The Lease was lost, or cannot be had at this moment.
        return False
    except Exception:
        _LOGGER.exception("an election met a bug")
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Patience:
    """Implements Clock: its sleep ends with what is waited for."""

    clock: Clock
    ended: threading.Event

    def now(self) -> datetime:
        """See Clock."""
        return self.clock.now()

    def ticks(self) -> float:
        """See Clock."""
        return self.clock.ticks()

    def sleep(self, seconds: float) -> None:
        """See Clock. Raises LockError: it has ended."""
        if self.ended.wait(seconds):
            raise LockError("nobody wants it any more")
