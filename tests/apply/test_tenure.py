"""A Lease is renewed while a run works; without it nothing is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from reconciler.adapters.clock import SystemClock
from reconciler.apply.acquire import Claim
from reconciler.apply.tenure import LAST_MOMENT, Tenure
from reconciler.errors import ClusterError, LockLostError
from reconciler.model.lease import Clock, Lease, Wish
from tests.apply.leases import NOON, Leaping, MemoryLeases, SetClock

OURS = Lease("me@here/apply/1", 15.0, NOON, NOON, 4)
BROKEN = ClusterError("cluster main cannot be reached")


@dataclass
class Kept:
    """A tenure, and what it was kept with."""

    leases: MemoryLeases
    clock: SetClock
    tenure: Tenure
    abandoned: list[LockLostError] = field(default_factory=list)


def keep(duration: float = 15.0, clock: Clock | None = None) -> Kept:
    """A tenure that was begun just now, without its threads."""
    leases, set_clock = MemoryLeases(), SetClock()
    claim = Claim(leases.put(replace(OURS, duration=duration)), (clock or set_clock).ticks())
    abandoned: list[LockLostError] = []
    return Kept(leases, set_clock, Tenure(leases, claim, clock or set_clock, abandoned.append), abandoned)


@contextmanager
def begun(duration: float) -> Iterator[Kept]:
    """A tenure that lives by this machine's clock."""
    kept = keep(duration, SystemClock())
    kept.tenure.begin()
    try:
        yield kept
    finally:
        kept.tenure.end()


def eventually(holds: Callable[[], object]) -> None:
    """Wait for it, three seconds at most."""
    end = time.monotonic() + 3
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_fresh_lease_is_not_asked_about() -> None:
    """A check costs no request as long as the last renewal is young."""
    kept = keep()
    kept.clock.passed = 15.0 * LAST_MOMENT - 0.1
    with kept.tenure.writing():
        kept.tenure.check()
    assert len(kept.leases.written) == 1


def test_an_old_one_is_renewed_before_anything_is_written() -> None:
    """After a long stop the Lease may be there still: nobody wanted it."""
    kept = keep()
    kept.clock.passed = 1000
    kept.tenure.check()
    assert kept.leases.stored
    assert kept.leases.stored.renewed == kept.clock.now()


@pytest.mark.parametrize(
    ("becomes", "told"),
    [
        pytest.param(
            replace(OURS, holder="bob@ci/apply/2", transitions=5), r"bob@ci \(apply, run 2\) took it", id="taken"
        ),
        pytest.param(replace(OURS, holder="", transitions=5), "another run took it, and has ended", id="given back"),
        pytest.param(replace(OURS, transitions=5), r"me@here \(apply, run 1\) took it", id="the same name, later"),
        pytest.param(None, "its Lease was deleted", id="deleted"),
    ],
)
def test_what_another_took_is_lost_for_good(becomes: Lease | None, told: str) -> None:
    """Whoever took it may be at work; the run finds out before it writes, and asks no more afterwards."""
    kept = keep()
    if becomes:
        kept.leases.put(becomes)
    else:
        kept.leases.stored = None
    kept.clock.passed = 16
    with pytest.raises(LockLostError, match=f"lost the lock of cluster main: {told}"), kept.tenure.writing():
        pytest.fail("it must not begin")
    before = list(kept.leases.written)
    with pytest.raises(LockLostError):
        kept.tenure.check()
    kept.tenure.end()
    assert kept.leases.written == before


def test_a_version_of_somebody_elses_is_not_taken_for_a_holder() -> None:
    """An annotation, or our own renewal whose answer was lost, makes a new version of the same tenure."""
    kept = keep()
    kept.leases.put(OURS)
    kept.clock.passed = 16
    kept.tenure.check()
    kept.tenure.end()
    assert kept.leases.stored
    assert kept.leases.stored.holder == ""


def test_it_is_given_back_whatever_others_wrote_on_it() -> None:
    """Nobody has to wait for it, and what they wrote stays."""
    kept = keep()
    kept.leases.put(replace(OURS, wish=Wish(suspended="ada")))
    kept.tenure.end()
    assert kept.leases.stored
    assert (kept.leases.stored.holder, kept.leases.stored.wish) == ("", Wish(suspended="ada"))


def test_it_is_given_on() -> None:
    """To an heir, who is waited for as if it had taken it, and is an heir no more."""
    kept = keep()
    kept.leases.put(replace(OURS, wish=Wish("ada", "1 ben", heir="bob@ci/sync/2")))
    kept.clock.passed = 5
    kept.tenure.end("bob@ci/sync/2")
    left = kept.leases.stored
    assert left
    assert (left.holder, left.renewed, left.wish) == ("bob@ci/sync/2", kept.clock.now(), Wish("ada", "1 ben"))


def test_without_an_answer_nothing_is_written() -> None:
    """The error says for how long there was none, and why."""
    kept = keep()
    kept.leases.failures = iter([BROKEN])
    kept.clock.passed = 20
    with pytest.raises(LockLostError, match="not renewed for 20 s: cluster main cannot be reached"):
        kept.tenure.check()
    kept.tenure.check()


def test_it_is_renewed_by_itself_and_given_back() -> None:
    """Far longer than it lasts; the version that is left names nobody, and the next run waits for nothing."""
    with begun(0.3) as kept:
        eventually(lambda: len(kept.leases.written) > 5)
        kept.leases.failures = iter([BROKEN])
        eventually(lambda: len(kept.leases.written) > 8)
        with kept.tenure.writing():
            pass
    assert kept.abandoned == []
    assert kept.leases.stored
    assert (kept.leases.stored.holder, kept.leases.stored.transitions) == ("", 4)


def test_an_operation_under_way_is_ended_when_another_takes_the_lease() -> None:
    """It cannot be told to stop in order: that would write."""
    with begun(0.3) as kept, kept.tenure.writing():
        kept.leases.put(replace(OURS, holder="bob@ci/apply/2", transitions=5))
        eventually(lambda: kept.abandoned)
    assert "bob@ci (apply, run 2) took it" in kept.abandoned[0].message


def test_an_operation_under_way_is_ended_when_the_lease_runs_out() -> None:
    """Before another may take it, not when that was noticed."""
    with begun(0.5) as kept:
        kept.leases.failures = iter([BROKEN] * 1000)
        began = time.monotonic()
        with kept.tenure.writing():
            eventually(lambda: kept.abandoned)
        assert time.monotonic() - began < 0.5
        assert "cannot be reached" in kept.abandoned[0].message
        kept.leases.failures = iter(())


@dataclass
class Slow(MemoryLeases):
    """Each answer takes as long as `seconds` says."""

    seconds: float = 0.0

    def write(self, lease: Lease) -> Lease | None:
        """Under its version."""
        time.sleep(self.seconds)
        return super().write(lease)


def test_nothing_is_ended_while_a_write_waits_for_a_renewal() -> None:
    """After the machine has slept the Lease is renewed first: so nothing is under way that it would not cover."""
    leases, clock, abandoned = Slow(), Leaping(), list[LockLostError]()
    claim = Claim(leases.put(replace(OURS, duration=1.0)), clock.ticks())
    tenure = Tenure(leases, claim, clock, abandoned.append)
    leases.seconds = 0.2
    clock.passed = 60
    tenure.begin()
    with tenure.writing():
        assert abandoned == []
    tenure.end()


def test_a_renewal_that_meets_a_bug_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """Its thread goes on, and the log has the bug."""
    with begun(0.5) as kept:
        kept.leases.failures = iter([OSError(28, "No space left on device")])
        eventually(lambda: len(kept.leases.written) > 3)
    assert [(record.name, record.message) for record in caplog.records] == [("reconciler.lock", "a renewal met a bug")]
    assert kept.abandoned == []
    assert kept.leases.stored
    assert kept.leases.stored.holder == ""


def test_nothing_is_ended_where_nothing_is_under_way() -> None:
    """Between two operations a lost Lease is told by the next one, in order."""
    with begun(0.2) as kept:
        kept.leases.put(replace(OURS, holder="bob@ci/apply/2", transitions=5))
        time.sleep(0.3)
        with pytest.raises(LockLostError):
            kept.tenure.check()
    assert kept.abandoned == []
