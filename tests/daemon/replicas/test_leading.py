"""Leading by a Lease in memory, with real threads; the real one is tested in tests/e2e."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from reconciler.adapters.clock import SystemClock
from reconciler.daemon.replicas.leading import Candidate, Leadership
from reconciler.daemon.replicas.shares import Balance, Shares
from reconciler.errors import LockLostError
from reconciler.model.lease import Clock, Lease, Wish
from tests.apply.leases import NOON, Leaping, MemoryLeases, SharedLeases

DURATION = 0.6


@dataclass
class Contested(SharedLeases):
    """Another replica is faster at the first write, and keeps it."""

    def write(self, lease: Lease) -> Lease | None:
        """Under its version."""
        if not self.written:
            self.put(Lease("faster", 60.0, NOON, NOON, 1))
        return super().write(lease)


@dataclass
class Told:
    """What a leadership has told."""

    changes: list[tuple[str, bool]] = field(default_factory=list)

    def __call__(self, holder: str, *, leading: bool) -> None:
        self.changes.append((holder, leading))


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def stand(
    leases: MemoryLeases,
    name: str,
    shares: Shares | None = None,
    duration: float = DURATION,
    clock: Clock | None = None,
) -> tuple[Leadership, Told]:
    """A replica that stands for the lead."""
    told = Told()
    candidate = Candidate(name, duration, clock or SystemClock(), shares or Shares())
    made = Leadership(leases, candidate, told)
    made.begin()
    return made, told


def test_one_of_two_leads() -> None:
    """The other stands by, and takes over when the first gives it up."""
    leases = MemoryLeases()
    first, _ = stand(leases, "first")
    until(lambda: first.is_leading)
    second, told = stand(leases, "second")
    until(lambda: ("first", False) in told.changes)
    with pytest.raises(LockLostError), second.acting():
        pass
    with first.acting():
        assert not second.is_leading
    first.end()
    until(lambda: second.is_leading)
    assert not first.is_leading
    second.end()


def test_who_lost_it_hurries() -> None:
    """A run under way is told to end at once when another replica has taken the Lease, and none begins."""
    leases = MemoryLeases()
    first, told = stand(leases, "first")
    until(lambda: first.is_leading)
    with first.acting():
        assert not first.is_lost
        found = leases.stored
        assert found is not None
        leases.put(replace(found, holder="second", transitions=found.transitions + 1))
        until(lambda: first.is_lost)
    until(lambda: ("", False) in told.changes)
    assert not first.is_leading
    first.end()


def test_a_run_that_was_told_to_hurry_is_the_last_of_its_lead() -> None:
    """After a pause the Lease may be ours still: it is given up for the run, and taken anew for those that follow."""
    leases, clock = SharedLeases(), Leaping()
    one, told = stand(leases, "one", clock=clock)
    until(lambda: one.is_leading)
    with one.acting():
        clock.passed = 60
        until(lambda: one.is_lost)
        with pytest.raises(LockLostError), one.acting():
            pass
        until(lambda: ("", False) in told.changes)
        time.sleep(DURATION)
        assert one.is_lost
    until(lambda: one.is_leading and not one.is_lost)
    with one.acting():
        assert told.changes == [("one", True), ("", False), ("one", True)]
    one.end()


@dataclass
class Faulty(SharedLeases):
    """One that meets a bug, or a disk that is full, while `broken` is set."""

    broken: bool = False

    def read(self) -> Lease | None:
        """As it is now."""
        self._break()
        return super().read()

    def write(self, lease: Lease) -> Lease | None:
        """Under its version."""
        self._break()
        return super().write(lease)

    def _break(self) -> None:
        if self.broken:
            raise OSError(28, "No space left on device")


def test_whatever_befalls_an_election_it_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """Who cannot renew does not lead, and does again when it can; the log has the bug."""
    leases = Faulty()
    one, told = stand(leases, "one")
    until(lambda: one.is_leading)
    leases.broken = True
    until(lambda: not one.is_leading)
    assert one.is_lost
    leases.broken = False
    until(lambda: one.is_leading)
    assert (one.is_alive, one.is_lost) == (True, False)
    assert told.changes[:2] == [("one", True), ("", False)]
    one.end()
    assert ("reconciler.lead", "an election met a bug") in [(item.name, item.message) for item in caplog.records]


def test_whoever_is_told_of_an_election_cannot_end_it() -> None:
    """Nor keep it from leading later."""
    bugs = iter([RuntimeError("can't start new thread")] * 3)
    told: list[bool] = []

    def changed(holder: str, *, leading: bool) -> None:
        assert holder in ("one", "")
        told.append(leading)
        if bug := next(bugs, None):
            raise bug

    leases = SharedLeases()
    one = Leadership(leases, Candidate("one", DURATION, SystemClock(), Shares()), changed)
    one.begin()
    until(lambda: len(told) > 4 and one.is_leading)
    assert (one.is_alive, told[:3]) == (True, [True, False, True])
    one.end()
    assert leases.stored
    assert leases.stored.holder == ""


def test_it_is_handed_over_between_runs() -> None:
    """To who asks for it, and to nobody else; not while a run is under way."""
    leases = SharedLeases()
    first, told = stand(leases, "first")
    until(lambda: first.is_leading)
    second, heard = stand(leases, "second")
    until(lambda: ("first", False) in heard.changes)
    with first.acting():
        second.ask(wanted=True)
        until(lambda: leases.written[-1].holder == "first" and leases.written[-1].wish.heir == "second")
        renewals = len(leases.written)
        until(lambda: len(leases.written) > renewals + 3)
        assert first.is_leading
        assert not first.is_lost
    until(lambda: second.is_leading)
    until(lambda: told.changes[-1] == ("second", False))
    assert ("", True) not in told.changes
    assert leases.stored
    assert (leases.stored.holder, leases.stored.wish) == ("second", Wish())
    assert "" not in [lease.holder for lease in leases.written]
    for each in (second, first):
        each.end()


def test_what_was_asked_for_is_taken_back() -> None:
    """Nothing is handed over then."""
    leases = SharedLeases()
    leases.put(Lease("somebody", 60.0, NOON, NOON, 1))
    one, _ = stand(leases, "one")
    one.ask(wanted=True)
    assert leases.stored
    assert leases.stored.wish == Wish(heir="one")
    one.ask(wanted=False)
    assert leases.stored.wish == Wish()
    before = len(leases.written)
    one.ask(wanted=False)
    assert len(leases.written) == before
    one.end()


def test_one_that_comes_later_gets_its_share() -> None:
    """From who leads all; and then all stays as it is."""
    places = [SharedLeases() for _ in range(4)]
    shares = Shares(), Shares()
    stands = [stand(leases, "first", shares[0])[0] for leases in places]
    until(lambda: shares[0].led == 4)
    balance = Balance(shares[1], DURATION)
    balance.begin()
    stands += [stand(leases, "second", shares[1])[0] for leases in places]
    until(lambda: (shares[0].led, shares[1].led) == (2, 2))
    transitions = [leases.stored.transitions for leases in places if leases.stored]
    assert sorted(transitions) == [0, 0, 1, 1]
    balance.end()
    for each in stands:
        each.end()


def test_who_stands_by_no_longer_asks_no_more() -> None:
    """Its thread ends, and it takes nothing when the Lease runs out."""
    leases = SharedLeases()
    leases.put(Lease("somebody", DURATION, NOON, NOON, 1))
    one, told = stand(leases, "one")
    until(lambda: ("somebody", False) in told.changes)
    one.end()
    until(lambda: not one.is_alive)
    assert leases.stored
    assert (leases.stored.holder, told.changes) == ("somebody", [("somebody", False)])


def test_one_that_another_was_faster_at_keeps_nothing_from_the_others() -> None:
    """Its holder is waited for while the others are taken."""
    places = [Contested(), SharedLeases(), SharedLeases()]
    shares = Shares()
    stands = [stand(leases, "one", shares, 3.0) for leases in places]
    until(lambda: shares.led == 2)
    until(lambda: ("faster", False) in stands[0][1].changes)
    for each, _ in stands:
        each.end()


def test_one_alone_has_all_soon() -> None:
    """However many there are: the pauses between them do not add up."""
    shares = Shares()
    stands = [stand(SharedLeases(), "one", shares, 1.5)[0] for _ in range(60)]
    until(lambda: shares.led == 60)
    for each in stands:
        each.end()


def test_who_gave_up_before_its_turn_takes_nothing() -> None:
    """Though nobody holds it."""
    leases, shares = SharedLeases(), Shares()
    with shares.turn:
        one, told = stand(leases, "one", shares)
        one.end()
    until(lambda: not one.is_alive)
    assert (leases.written, told.changes) == ([], [])


def test_replicas_share() -> None:
    """Those that start together lead about as many environments each."""
    places = [SharedLeases() for _ in range(4)]
    shares = Shares(), Shares()
    begun = threading.Barrier(2)
    stands: list[list[Leadership]] = [[], []]

    def replica(number: int) -> None:
        begun.wait()
        for leases in places:
            stands[number].append(stand(leases, f"replica {number}", shares[number])[0])

    threads = [threading.Thread(target=replica, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    until(lambda: sum(share.led for share in shares) == 4)
    assert {share.led for share in shares} <= {1, 2, 3}
    for each in (*stands[0], *stands[1]):
        each.end()
