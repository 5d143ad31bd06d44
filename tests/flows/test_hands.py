"""Ending what is under way, with the lock and without it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reconciler.apply.acquire import Terms
from reconciler.apply.executor import Haste
from reconciler.apply.locks import Locks
from reconciler.errors import NotBegunError
from reconciler.flows.hands import _Work
from reconciler.model.lease import Lease
from tests.apply.leases import NOON, MemoryLeases, SetClock
from tests.apply.test_executor import step

THEIRS = Lease("bob@ci/apply/2", 15.0, NOON, NOON, 5)


@dataclass
class Ending:
    """An engine that notes how often it is told to end what is under way."""

    cancelled: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """See Engine."""
        self.cancelled += 1


def work(engine: Ending, locks: Locks, haste: Haste) -> _Work:
    """An apply that has only what ends it."""
    found, handlers = SimpleNamespace(tools=SimpleNamespace(engine=engine)), SimpleNamespace(stop=engine.stop)
    return _Work(cast("Any", found), cast("Any", None), locks, cast("Any", handlers), lambda: haste)


@pytest.mark.parametrize(("holder", "cancelled"), [("", 1), (THEIRS.holder, 0)], ids=["held", "lost"])
def test_what_helm_ends_it_marks(holder: str, cancelled: int) -> None:
    """So it is told to end nothing once the lock may be another's: whoever lost it is ended without a mark."""
    engine, clock, leases = Ending(), SetClock(), MemoryLeases()
    terms = Terms("me@here/sync/1", 15.0)
    with Locks({"main": leases}, terms, clock, lambda _cluster: lambda _lease: None, lambda _lost: None) as locks:
        locks.take({"main"})
        clock.passed = 16.0
        if holder:
            leases.put(THEIRS)
        work(engine, locks, Haste.AT_ONCE).hands().cancel()
        assert (engine.cancelled, engine.stop.is_set()) == (cancelled, True)


@pytest.mark.parametrize("haste", [Haste.WIND_DOWN, Haste.AT_ONCE])
def test_nothing_is_begun_in_haste(haste: Haste) -> None:
    """Also by a worker that has its action already, and has waited at a gate."""
    with pytest.raises(NotBegunError):
        work(Ending(), cast("Any", None), haste).hands().perform(step("api"))
