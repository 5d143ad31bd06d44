"""Ending what is under way, with the lock and without it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reconciler.apply.acquire import Terms
from reconciler.apply.executor import Haste
from reconciler.apply.locks import Locks
from reconciler.errors import ApiError, NotBegunError
from reconciler.flows.hands import _Work
from reconciler.model.failure import Retry
from reconciler.model.lease import Lease
from reconciler.model.plan import Action
from tests.apply.leases import NOON, MemoryLeases, SetClock
from tests.apply.test_executor import step

THEIRS = Lease("bob@ci/apply/2", 15.0, NOON, NOON, 5)


@dataclass
class Ending:
    """An engine that notes how often it is told to end what is under way, some of which lingers."""

    cancelled: int = 0
    lingers: bool = False
    stop: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """See Engine."""
        self.cancelled += 1


def _told(_cluster: str) -> Callable[[Lease], None]:
    return lambda _lease: None


def work(engine: Ending, locks: Locks, haste: Haste) -> _Work:
    """An apply that has only what ends it."""
    found, handlers = SimpleNamespace(tools=SimpleNamespace(engine=engine)), SimpleNamespace(stop=engine.stop)
    return _Work(cast("Any", found), cast("Any", None), locks, cast("Any", handlers), lambda: haste)


@pytest.mark.parametrize(("holder", "cancelled"), [("", 1), (THEIRS.holder, 0)], ids=["held", "lost"])
def test_what_helm_ends_it_marks(holder: str, cancelled: int) -> None:
    """So it is told to end nothing once the lock may be another's: whoever lost it is ended without a mark."""
    engine, clock, leases = Ending(), SetClock(), MemoryLeases()
    terms = Terms("me@here/sync/1", 15.0)
    with Locks({"main": leases}, terms, clock, _told, lambda _lost: None) as locks:
        locks.take({"main"})
        clock.passed = 16.0
        if holder:
            leases.put(THEIRS)
        work(engine, locks, Haste.AT_ONCE).hands().cancel()
        assert (engine.cancelled, engine.stop.is_set()) == (cancelled, True)


@pytest.mark.parametrize(
    ("haste", "lingers", "holder"),
    [
        (Haste.AT_ONCE, True, "me@here/sync/1"),
        (Haste.AT_ONCE, False, ""),
        (Haste.NONE, True, ""),
    ],
    ids=["Helm writes on", "nothing was under way", "Ctrl-C"],
)
def test_a_lock_is_left_to_what_writes_on(haste: Haste, lingers: bool, holder: str) -> None:  # noqa: FBT001 (a table)
    """And given back in all other cases, so that the next run need not wait; after Ctrl-C the process ends next."""
    leases = MemoryLeases()
    with Locks({"main": leases}, Terms("me@here/sync/1", 15.0), SetClock(), _told, lambda _lost: None) as locks:
        locks.take({"main"})
        work(Ending(lingers=lingers), locks, haste).hands().cancel()
    for tenure in locks._held.values():
        assert leases.stored
        assert leases.stored.holder == holder
        tenure.end()


def test_no_further_try_is_begun_in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause after a failure that may pass ends the action, and says what failed."""
    hastes, tried = [Haste.NONE], list[str]()

    def busy(_self: _Work, action: Action) -> None:
        tried.append(action.target.name)
        hastes[0] = Haste.WIND_DOWN
        raise ApiError("busy", status=503, reason="")

    monkeypatch.setattr(_Work, "perform", busy)
    monkeypatch.setattr("reconciler.apply.retries._USUAL", Retry(2, 0.01, 0.01))
    with pytest.raises(NotBegunError, match="busy"):
        replace(work(Ending(), cast("Any", None), Haste.NONE), haste=lambda: hastes[0]).hands().perform(step("api"))
    assert tried == ["api"]


@pytest.mark.parametrize("haste", [Haste.WIND_DOWN, Haste.AT_ONCE])
def test_nothing_is_begun_in_haste(haste: Haste) -> None:
    """Also by a worker that has its action already, and has waited at a gate."""
    with pytest.raises(NotBegunError):
        work(Ending(), cast("Any", None), haste).hands().perform(step("api"))
