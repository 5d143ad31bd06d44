"""When a Lease is taken, waited for, or refused; judged by a clock of our own alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.apply.acquire import PAUSE, TRIES, Claim, Terms, acquire
from reconciler.errors import ApiError, ClusterError, LockError
from reconciler.model.lease import Lease
from tests.apply.leases import NOON, MemoryLeases, SetClock

ME, OTHER = "me@here/apply/1", "bob@ci-7/apply/2"
TERMS = Terms(ME, 15.0)
THEIRS = Lease(OTHER, 15.0, NOON, NOON, 4)
BROKEN = ClusterError("cluster main cannot be reached")


def renewing(leases: MemoryLeases, until: float, jump: timedelta = timedelta(0)) -> SetClock:
    """A clock whose time the other run lives in: it renews every five seconds, and then gives the Lease back."""
    clock = SetClock()
    other = SetClock(jump=jump)

    def live(passed: float) -> None:
        other.passed = passed
        if passed <= until and passed % 5 == 0 and leases.stored:
            leases.put(replace(leases.stored, renewed=other.now()))
        if passed == until and leases.stored:
            leases.put(replace(leases.stored, holder=""))

    clock.at_each = live
    return clock


def take(leases: MemoryLeases, clock: SetClock, terms: Terms = TERMS) -> tuple[Claim, list[Lease]]:
    """The claim, and what was told."""
    told: list[Lease] = []
    return acquire(leases, terms, clock, told.append), told


@pytest.mark.parametrize(
    ("found", "transitions"),
    [
        pytest.param(None, 0, id="there is none yet"),
        pytest.param(replace(THEIRS, holder=""), 5, id="given back"),
        pytest.param(replace(THEIRS, holder=ME), 5, id="ours: an answer was lost"),
    ],
)
def test_a_free_lease_is_taken_at_once(found: Lease | None, transitions: int) -> None:
    """With a number of its own, and without a wait."""
    leases, clock = MemoryLeases(), SetClock()
    if found:
        leases.put(found)
    claim, told = take(leases, clock)
    assert (claim.lease.holder, claim.lease.transitions, claim.lease.duration) == (ME, transitions, 15.0)
    assert (claim.at, claim.waited, told) == (0.0, False, [])
    assert leases.stored == claim.lease


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(0), timedelta(hours=1)], ids=["back", "none", "ahead"])
def test_a_dead_holder_costs_the_duration_of_its_lease(jump: timedelta) -> None:
    """Whatever time it wrote: its Lease has to stay the same for so long, by the clock of who looks."""
    leases, clock = MemoryLeases(), SetClock()
    seen = leases.put(replace(THEIRS, renewed=NOON + jump, acquired=NOON + jump))
    claim, told = take(leases, clock)
    assert clock.passed == 15.0
    assert (claim.lease.holder, claim.waited, told) == (ME, True, [seen])


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(0), timedelta(hours=1)], ids=["back", "none", "ahead"])
def test_a_living_holder_is_refused_at_its_first_sign(jump: timedelta) -> None:
    """Without patience; the refusal names it. A clock that is wrong by an hour does not make it dead."""
    leases = MemoryLeases()
    leases.put(THEIRS)
    clock = renewing(leases, until=1000, jump=jump)
    with pytest.raises(LockError, match=r"bob@ci-7 \(apply, run 2\) holds the lock .* since 2026-01-02") as caught:
        take(leases, clock)
    assert clock.passed == 5.0
    assert caught.value.exit_code == 3
    assert leases.stored
    assert leases.stored.holder == OTHER


def test_a_living_holder_is_waited_for() -> None:
    """Until it gives the Lease back, if that is within the patience; it is told of once."""
    leases = MemoryLeases()
    leases.put(THEIRS)
    clock = renewing(leases, until=60)
    claim, told = take(leases, clock, replace(TERMS, patience=90))
    assert (claim.lease.holder, claim.waited, len(told)) == (ME, True, 1)
    assert clock.passed == 60.0


def test_the_patience_ends() -> None:
    """With a refusal, not with a lock."""
    leases = MemoryLeases()
    leases.put(THEIRS)
    clock = renewing(leases, until=1000)
    with pytest.raises(LockError):
        take(leases, clock, replace(TERMS, patience=30))
    assert 30.0 <= clock.passed <= 30.0 + PAUSE


def test_force_takes_it_from_a_living_holder() -> None:
    """`--break-lock`: whoever has it finds out at its next renewal."""
    leases, clock = MemoryLeases(), SetClock()
    leases.put(THEIRS)
    claim, _ = take(leases, clock, replace(TERMS, by_force=True))
    assert (claim.lease.holder, claim.lease.transitions, clock.passed) == (ME, 5, 0.0)


def test_of_two_that_find_it_free_one_wins() -> None:
    """The other sees the first one's Lease, and waits."""

    class Raced(MemoryLeases):
        def write(self, lease: Lease) -> Lease | None:
            if not self.written:
                self.put(THEIRS)
            return super().write(lease)

    leases = Raced()
    clock = renewing(leases, until=1000)
    with pytest.raises(LockError, match="bob@ci-7"):
        take(leases, clock)


@pytest.mark.parametrize(
    "failure", [BROKEN, ApiError("busy", status=503, reason=""), ApiError("too many", status=429, reason="")]
)
def test_what_may_pass_is_tried_again(failure: ClusterError) -> None:
    """A few times."""
    leases = MemoryLeases(failures=iter([failure] * (TRIES - 1)))
    claim, _ = take(leases, SetClock())
    assert claim.lease.holder == ME


@pytest.mark.parametrize(
    ("failure", "times"), [(BROKEN, TRIES), (ApiError("forbidden", status=403, reason="Forbidden"), 1)]
)
def test_what_does_not_pass_is_an_error(failure: ClusterError, times: int) -> None:
    """At once where the server said no."""
    failures = iter([failure] * 9)
    with pytest.raises(ClusterError, match=failure.message):
        take(MemoryLeases(failures=failures), SetClock())
    assert len(list(failures)) == 9 - times
