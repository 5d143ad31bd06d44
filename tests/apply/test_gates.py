"""Gates: what is needed is healthy, or the action is not taken."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

import pytest

from reconciler.apply.gates import Gates, NotReadyError
from reconciler.errors import ClusterError, NotBegunError, ReconcilerError
from reconciler.model.desired import Wait
from reconciler.model.identity import ReleaseId
from reconciler.model.plan import Action, ActionKind, Gate
from reconciler.model.standing import HEALTHY, Condition, Health
from tests.plan.factories import API

REDIS = replace(API, name="redis")
STARTING = Health(Condition.PROGRESSING, "Deployment shop/redis has 0 of 1 available")
FAILED = Health(Condition.FAILED, "Job shop/redis reached its limit")
GONE = Health(Condition.MISSING, "Service shop/redis is gone")
BUSY = ClusterError("cluster main: https://a cannot be reached: connection refused")


def action(limit: float | None) -> Action:
    """An action that needs redis to be healthy within so many seconds."""
    return Action(ActionKind.UPGRADE, API, "", (), frozenset(), None, gates=(Gate(REDIS, Wait(limit)),))


@dataclass
class World:
    """Health as it is seen, one look after the other, the last one for ever; time passes with each pause."""

    seen: list[Health | ReconcilerError]
    looks: int = 0
    now: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    ends_after: float = float("inf")

    def judge(self, release: ReleaseId) -> Health:
        """A look."""
        assert release == REDIS
        self.looks += 1
        found = self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]
        if isinstance(found, ReconcilerError):
            raise found
        return found

    def clock(self) -> float:
        """Four seconds later at each look."""
        self.now += 4.0
        return self.now

    def gates(self) -> Gates:
        """The gates of a run that does not really pause."""
        return Gates(self.judge, self.stop, lambda: self.looks >= self.ends_after, self.clock)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.apply.gates._LONGEST_PAUSE", 0.0)
    monkeypatch.setattr("reconciler.apply.gates._FIRST_PAUSE", 0.0)


@pytest.mark.parametrize("seen", [[HEALTHY], [STARTING, HEALTHY], [GONE, BUSY, STARTING, HEALTHY]])
def test_a_healthy_need_lets_through(seen: list[Health | ReconcilerError]) -> None:
    """As soon as it is; a server that is busy for a moment is asked again."""
    world = World(list(seen))
    world.gates().pass_through(action(100.0))
    assert world.looks == len(seen)


def test_a_need_is_looked_at_once_for_all_that_need_it() -> None:
    """Until something of it changes, which only a later run would see."""
    world = World([HEALTHY])
    gates = world.gates()
    gates.pass_through(action(100.0))
    gates.pass_through(action(100.0))
    assert world.looks == 1


@pytest.mark.parametrize(
    ("seen", "message"),
    [
        ([STARTING, FAILED], "needs release shop/redis, but it has failed: Job shop/redis reached its limit"),
        (
            [STARTING],
            "needs release shop/redis, but it is not healthy after 10 s: Deployment shop/redis has 0 of 1 available",
        ),
        ([GONE], "needs release shop/redis, but it is not healthy after 10 s: Service shop/redis is gone"),
    ],
)
def test_a_need_that_does_not_become_healthy_holds_back(seen: list[Health | ReconcilerError], message: str) -> None:
    """At once when it has failed, else when its time is up; the error names it, for whoever looks into it."""
    with pytest.raises(NotReadyError) as caught:
        World(seen).gates().pass_through(action(10.0))
    assert caught.value.message == message
    assert caught.value.need == REDIS
    assert caught.value.hint == "`reconcile diagnose --only name=redis,namespace=shop` tells more"


def test_time_counts_from_the_first_who_waits() -> None:
    """A second action that needs the same does not wait as long again."""
    world = World([STARTING])
    gates = world.gates()
    for expected in (3, 4):
        with pytest.raises(NotReadyError):
            gates.pass_through(action(10.0))
        assert world.looks == expected


def test_an_error_that_lasts_is_raised() -> None:
    """Nobody would be helped by waiting."""
    with pytest.raises(ClusterError, match="no right"):
        World([ClusterError("no right to list secrets: forbidden")]).gates().pass_through(action(10.0))


@pytest.mark.parametrize(
    ("seen", "looks"),
    [([STARTING, HEALTHY], 0), ([STARTING, HEALTHY], 1), ([HEALTHY], 1)],
    ids=["before it waits", "while it waits", "once it is healthy"],
)
def test_a_run_that_winds_down_begins_nothing_behind_a_gate(seen: list[Health | ReconcilerError], looks: int) -> None:
    """However healthy what it waits for becomes meanwhile."""
    world = World(seen, ends_after=looks)
    with pytest.raises(NotBegunError):
        world.gates().pass_through(action(None))
    assert world.looks == looks


def test_an_interrupt_ends_the_waiting_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it would be."""
    monkeypatch.setattr("reconciler.apply.gates._FIRST_PAUSE", 60.0)
    monkeypatch.setattr("reconciler.apply.gates._LONGEST_PAUSE", 60.0)
    world = World([STARTING])
    threading.Timer(0.1, world.stop.set).start()
    started = time.monotonic()
    with pytest.raises(NotReadyError, match="was not healthy yet"):
        world.gates().pass_through(action(None))
    assert time.monotonic() - started < 5
