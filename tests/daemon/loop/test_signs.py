"""How long a thread may be silent: as long as what it is at may take, and no longer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.daemon.health import LIFELESS, Pulse, alive
from reconciler.daemon.loop.signs import LOOK, WORK, Signs, patience
from reconciler.model.desired import Wait
from reconciler.model.failure import OnFailure, Retry
from reconciler.model.identity import ReleaseId
from reconciler.model.lease import Lease
from reconciler.model.outcome import ActionOutcome, Event, Result, Started, Waiting
from reconciler.model.plan import Action, ActionKind, Gate, UninstallRelease, WriteRelease
from tests.apply.leases import NOON, SetClock
from tests.plan.factories import release

FOREVER = Wait(None)
THREAD = "keep env.yaml"


def action(name: str, wait: Wait | None, *gates: Gate) -> Action:
    """An upgrade that is tried once more after a failure, at most ten seconds later."""
    policy = OnFailure(retry=Retry(times=1, cap=10.0))
    made = replace(release(), id=ReleaseId("main", "shop", name), wait=wait, on_failure=policy)
    work = WriteRelease(made, "staging", 3, None, (), "")
    return Action(ActionKind.UPGRADE, made.id, "", (), frozenset(), work, gates=gates)


SLOWLY = ReleaseId("main", "shop", "slow")
QUICK, SLOW, ENDLESS = action("quick", None), action("slow", Wait(7_200.0)), action("endless", FOREVER)
REMOVAL = replace(QUICK, work=UninstallRelease("staging", 3, Wait(60.0)))


@pytest.mark.parametrize(
    ("of", "seconds"),
    [
        pytest.param(QUICK, WORK + 10, id="waits for nothing"),
        # Two tries, what it is rolled back to, and the pause between the tries.
        pytest.param(SLOW, WORK + 3 * 7_200 + 10, id="waits long"),
        pytest.param(ENDLESS, float("inf"), id="waits for ever"),
        pytest.param(action("a", None, Gate(SLOWLY, Wait(600.0))), WORK + 610, id="a gate"),
        pytest.param(action("a", None, Gate(SLOWLY, FOREVER)), float("inf"), id="a gate for ever"),
        pytest.param(REMOVAL, WORK + 3 * 60, id="a removal"),
        pytest.param(replace(QUICK, work=None), WORK, id="nothing"),
    ],
)
def test_the_time_of_an_action(of: Action, seconds: float) -> None:
    """Is what its own limits come to, over all tries, and some for the rest."""
    assert patience(of) == seconds


def ended(of: Action) -> Event:
    """It is done."""
    return ActionOutcome(of, Result.DONE, "", None, 1.0)


WAITING = Waiting("main", Lease("ada@laptop/apply/1", 15.0, NOON, NOON, 1))


@pytest.mark.parametrize(
    ("events", "seconds"),
    [
        pytest.param([], LOOK, id="a look"),
        pytest.param([Started(QUICK)], WORK + 10, id="one"),
        pytest.param([Started(SLOW)], patience(SLOW), id="a long one"),
        pytest.param([Started(ENDLESS)], float("inf"), id="one that waits for ever"),
        pytest.param([Started(ENDLESS), Started(QUICK)], WORK + 10, id="a quick one beside it"),
        pytest.param([Started(ENDLESS), Started(QUICK), ended(QUICK)], float("inf"), id="which ended"),
        pytest.param([Started(QUICK), ended(QUICK)], LOOK, id="all ended"),
        pytest.param([WAITING], LOOK, id="another run has the lock"),
        pytest.param([ended(SLOW)], LOOK, id="there was nothing to do"),
    ],
)
def test_a_run_that_hangs_is_seen(events: list[Event], seconds: float) -> None:
    """Not before the first of the actions under way has had its time, however long that is."""
    pulse, clock = Pulse(), SetClock()
    signs = Signs(THREAD, pulse, clock.ticks)
    signs.looking()
    for event in events:
        signs.told(event)
    assert alive(pulse, min(seconds, 1e9)).is_good
    assert alive(pulse, seconds + 1).is_good is (seconds == float("inf"))


def test_an_action_has_its_time_once() -> None:
    """What happens beside it gives it no more."""
    pulse, clock = Pulse(), SetClock()
    signs = Signs(THREAD, pulse, clock.ticks)
    signs.told(Started(QUICK))
    clock.passed = WORK
    signs.told(Started(SLOW))
    assert alive(pulse, WORK + 10).is_good
    assert alive(pulse, WORK + 11).reasons == {THREAD: "no sign of life for 11 s"}


def test_between_runs() -> None:
    """A thread that waits for something to happen is not missed; one that is stuck in what takes no time soon is; and
    what a run left open is forgotten."""
    pulse, clock = Pulse(), SetClock()
    signs = Signs(THREAD, pulse, clock.ticks)
    signs.told(Started(QUICK))
    signs.waiting()
    assert alive(pulse, 1e9).is_good
    signs.turning()
    assert not alive(pulse, LIFELESS + 1).is_good
    signs.looking()
    signs.told(ended(SLOW))
    assert alive(pulse, LOOK).is_good
