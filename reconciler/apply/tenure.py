"""Holding a Lease: it is renewed while the run works, and without it nothing is written."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from reconciler.apply.acquire import Claim
from reconciler.errors import ClusterError, LockLostError, ReconcilerError
from reconciler.model.lease import Clock, Lease, Leases, holder_text

# Parts of the Lease's duration. It is renewed after each third; a renewal that fails is tried again soon. What is under
# way ends when the last renewal is four fifths old: before anybody can take the Lease for a dead run's.
BEAT, RETRY, LAST_MOMENT, GLANCE = 1 / 3, 1 / 15, 4 / 5, 1 / 50

_LOGGER = logging.getLogger("reconciler.lock")
# Where nobody reads the log, as in a command, the standard library would print a traceback.
_LOGGER.addHandler(logging.NullHandler())

Abandon = Callable[[LockLostError], None]


class Tenure:
    """The time for which this run holds a Lease.

    Two threads keep it: one renews; the other looks at the clock, and ends everything when an operation is under way
    that the Lease may no longer cover: the process was stopped, the machine slept, or the server cannot be reached.

    Args:
        abandon: ends all operations under way at once, leaving no mark in the cluster; it need not return.
    """

    def __init__(self, leases: Leases, claim: Claim, clock: Clock, abandon: Abandon) -> None:
        self._leases, self._clock, self._abandon = leases, clock, abandon
        self._lease, self._at = claim.lease, claim.at
        self._duration = claim.lease.duration
        self._renewing = threading.Lock()
        self._counting = threading.Lock()
        self._under_way = 0
        self._lost: LockLostError | None = None
        self._why = ""
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=keep, daemon=True) for keep in (self._renew_on, self._look_out)]

    def begin(self) -> None:
        """Renew from now on."""
        for thread in self._threads:
            thread.start()

    def check(self) -> None:
        """Make sure that the Lease is held.

        When it was not renewed for long, it is now: what nobody else took meanwhile may go on.

        Raises:
            LockLostError: another run may have it.
        """
        if self._lost:
            raise self._lost
        if self._is_fresh():
            return
        try:
            self._renew()
        except ClusterError as error:
            raise self._overdue(str(error.message)) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """An operation that writes. Raises LockLostError as `check` does, before it begins."""
        # While it is renewed nothing is under way that would have to be ended; and it may be lost until that is noted.
        self.check()
        with self._counting:
            self._under_way += 1
        try:
            self.check()
            yield
        finally:
            with self._counting:
                self._under_way -= 1

    @property
    def lease(self) -> Lease:
        """As it was stored last."""
        return self._lease

    def end(self, heir: str = "") -> None:
        """Give the Lease back, so that the next run need not wait; or on to an heir, whom others wait for as for any
        holder. What fails here ends by itself.
        """
        self._ended.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        if not self._lost:
            with suppress(Exception):
                self._give(self._lease, heir) or self._give(self._still_ours(), heir)

    def _is_fresh(self) -> bool:
        return self._clock.ticks() - self._at < self._duration * LAST_MOMENT

    def _renew_on(self) -> None:
        pause = self._duration * BEAT
        while not self._ended.wait(pause):
            try:
                self._renew()
                pause = self._duration * BEAT
            except LockLostError as lost:
                self._end_if_busy(lost)
                return
            except Exception as error:  # noqa: BLE001 (a bug must not end it: the next try may do better)
                self._why = _reason(error)
                pause = self._duration * RETRY

    def _look_out(self) -> None:
        while not self._ended.wait(self._duration * GLANCE):
            if not self._is_fresh():
                self._end_if_busy(self._overdue(self._why))

    def _end_if_busy(self, lost: LockLostError) -> None:
        if self._under_way:
            self._abandon(lost)

    def _renew(self) -> None:
        with self._renewing:
            if self._lost:
                raise self._lost
            at = self._clock.ticks()
            stored = self._write(self._lease) or self._write(self._still_ours())
            if stored is None:
                raise ClusterError(f"cluster {self._leases.cluster}: its Lease is changed by others again and again")
            self._lease, self._at = stored, at

    def _write(self, lease: Lease) -> Lease | None:
        return self._leases.write(replace(lease, renewed=self._clock.now()))

    def _give(self, lease: Lease, heir: str) -> Lease | None:
        return self._write(replace(lease, holder=heir, wish=replace(lease.wish, heir="")))

    def _still_ours(self) -> Lease:
        """The Lease as it is now; it may be our own renewal, whose answer was lost, or somebody's annotation.

        Raises:
            LockLostError: it is no longer ours.
        """
        found = self._leases.read()
        if found and (found.holder, found.transitions) == (self._lease.holder, self._lease.transitions):
            return found
        self._lost = self._taken_by(found)
        raise self._lost

    def _taken_by(self, found: Lease | None) -> LockLostError:
        if found is None:
            how = "its Lease was deleted"
        elif found.holder:
            how = f"{holder_text(found.holder)} took it"
        else:
            how = "another run took it, and has ended"
        return LockLostError(f"lost the lock of cluster {self._leases.cluster}: {how}", hint=_AGAIN)

    def _overdue(self, why: str) -> LockLostError:
        silent = self._clock.ticks() - self._at
        reason = f": {why}" if why else ""
        return LockLostError(
            f"lost the lock of cluster {self._leases.cluster}: it was not renewed for {silent:.0f} s{reason}",
            hint=_AGAIN,
        )


def _reason(error: Exception) -> str:
    """Why a renewal failed. A bug is noted at once, also where the next try does better."""
    if isinstance(error, ReconcilerError):
        return error.message
    _LOGGER.error("a renewal met a bug", exc_info=error)
    return f"a bug in reconciler: {type(error).__name__}"


_AGAIN = "apply again: what was under way is repaired then"
