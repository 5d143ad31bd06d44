"""The locks of several clusters: taken when needed, given back together."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from reconciler.adapters.clock import SystemClock
from reconciler.apply.acquire import Tell, Terms
from reconciler.apply.locks import Locks
from reconciler.errors import LockError, LockLostError
from reconciler.model.lease import Lease
from tests.apply.leases import NOON, MemoryLeases, SetClock

THEIRS = Lease("bob@ci/apply/2", 1.0, NOON, NOON, 4)


def locks(leases: dict[str, MemoryLeases], clock: SetClock, patience: float = 0.0) -> Locks:
    """Of a run that nothing takes them from."""
    terms = Terms("me@here/apply/1", 15.0, patience)
    return Locks(dict(leases), terms, clock, _tell, _fail)


def _tell(_cluster: str) -> Tell:
    return lambda _lease: None


def _fail(lost: LockLostError) -> None:
    pytest.fail(str(lost))


def test_only_what_is_changed_is_locked_and_all_of_it_given_back() -> None:
    """A cluster that the plan leaves alone is nobody's business; one without a Lease goes without."""
    world = {"a": MemoryLeases("a"), "b": MemoryLeases("b")}
    with locks(world, SetClock()) as held:
        assert held.lacking({"a", "elsewhere"}) == {"a"}
        assert held.take({"a", "elsewhere"}) is False
        assert held.held == {"a"}
        with held.writing("a"), held.writing("elsewhere"):
            held.check("a")
            held.check("elsewhere")
    assert [item.holder for item in world["a"].written] == ["me@here/apply/1", ""]
    assert world["b"].written == []


def test_what_is_left_is_kept_as_long_as_the_process_lives() -> None:
    """What the engine was told to end may write on in it, also after the run."""
    world = {"a": MemoryLeases("a")}
    with Locks(dict(world), Terms("me@here/apply/1", 0.3), SystemClock(), _tell, _fail) as held:
        held.take({"a"})
        held.leave()
    before = len(world["a"].written)
    time.sleep(0.3)
    assert len(world["a"].written) > before
    assert {lease.holder for lease in world["a"].written} == {"me@here/apply/1"}
    for tenure in held._held.values():
        tenure.end()


def test_what_was_taken_before_a_refusal_is_given_back() -> None:
    """The cluster that was free is free again."""
    world = {"a": MemoryLeases("a"), "b": MemoryLeases("b")}
    world["b"].put(THEIRS)
    clock = SetClock()
    clock.at_each = lambda passed: void(world["b"].put(replace(THEIRS, transitions=int(passed * 100))))
    with pytest.raises(LockError, match="cluster b: bob@ci"), locks(world, clock) as held:
        held.take({"b", "a"})
    assert world["a"].stored
    assert world["a"].stored.holder == ""


def test_that_another_had_one_is_told() -> None:
    """What it changed is looked at anew."""
    world = {"a": MemoryLeases("a"), "b": MemoryLeases("b")}
    world["a"].put(THEIRS)
    with locks(world, SetClock()) as held:
        assert held.take({"a", "b"}) is True
        assert held.held == {"a", "b"}


def test_an_operation_that_outlived_its_lock_has_failed() -> None:
    """A `helm` program works on while this process is stopped; what it did may be another run's ruin."""
    world, clock, lost = {"a": MemoryLeases("a")}, SetClock(), list[LockLostError]()
    terms = Terms("me@here/apply/1", 15.0, 0.0)

    def work() -> None:
        world["a"].put(replace(THEIRS, transitions=5))
        clock.passed += 16

    with Locks(dict(world), terms, clock, _tell, lost.append) as held:
        held.take({"a"})
        with pytest.raises(LockLostError, match=r"bob@ci \(apply, run 2\) took it"), held.writing("a"):
            work()


def void(_: object) -> None:
    """Nothing of it is of interest."""
