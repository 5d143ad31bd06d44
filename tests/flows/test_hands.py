"""Ending what is under way, with the lock and without it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reconciler.apply.acquire import Terms
from reconciler.apply.locks import Locks
from reconciler.flows.hands import _Work
from reconciler.model.lease import Lease
from tests.apply.leases import NOON, MemoryLeases, SetClock

THEIRS = Lease("bob@ci/apply/2", 15.0, NOON, NOON, 5)


@dataclass
class Ending:
    """An engine that notes how often it is told to end what is under way."""

    cancelled: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """See Engine."""
        self.cancelled += 1


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
        found, handlers = SimpleNamespace(tools=SimpleNamespace(engine=engine)), SimpleNamespace(stop=engine.stop)
        hands = _Work(cast("Any", found), cast("Any", None), locks, cast("Any", handlers)).hands()
        hands.cancel()
        assert (engine.cancelled, engine.stop.is_set()) == (cancelled, True)
