"""Leading by a Lease in memory, with real threads; the real one is tested in tests/e2e."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from reconciler.adapters.clock import SystemClock
from reconciler.daemon.leading import Candidate, Leadership, Shares
from reconciler.errors import LockLostError
from tests.apply.leases import MemoryLeases, SharedLeases

DURATION = 0.6


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


def stand(leases: MemoryLeases, name: str, shares: Shares | None = None) -> tuple[Leadership, Told]:
    """A replica that stands for the lead."""
    told = Told()
    candidate = Candidate(name, DURATION, SystemClock(), shares or Shares())
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
    until(lambda: not first.is_leading)
    assert ("", False) in told.changes
    first.end()


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
