"""What is in the way after a run, and what still is of what was before."""

from __future__ import annotations

import pytest

from reconciler.daemon.looked import Looked
from reconciler.daemon.loop.conditions import Obstacle
from reconciler.daemon.loop.obstacles import summed
from reconciler.daemon.loop.runner import Ran
from reconciler.daemon.loop.showing import Last, last_of
from reconciler.daemon.loop.turns import Turn
from reconciler.errors import ClusterError, DesiredStateError, LockError, LockLostError
from reconciler.model.identity import ReleaseId
from reconciler.model.outcome import Result
from reconciler.model.plan import Plan, Refusal
from reconciler.model.sync import EnvironmentView
from tests.daemon.turns import API, JOBS, WEB, End, kept, part, ran, whole

FAR = ReleaseId("far", "shop", "far")
BAD = End(WEB, Result.FAILED, work=True)
AWAY = {"far": ClusterError("no answer")}
LOCKED, WRONG = LockError("another run is at work"), DesiredStateError("no such file")
NEAR = Looked(clusters=frozenset({"main"}))


def refused(*targets: ReleaseId) -> Turn:
    """A turn on all, that a guard refuses for the sake of these."""
    made = kept(End(API, Result.REFUSED))
    plan = Plan("staging", made.plan.actions, refusals=(Refusal("risks", "too risky", None, targets),))
    return Turn((type(made)(plan, made.outcome, made.status),), ("main",), looked=whole().looked)


def known(*runs: Ran) -> tuple[Obstacle, ...]:
    """What is known after these runs."""
    last: Last | None = None
    for item in runs:
        last = last_of(last, item, EnvironmentView("staging", "staging.yaml"))
    return last.obstacles if last else ()


def conditions(*runs: Ran) -> list[str]:
    """Kinds and messages after these runs."""
    return [f"{item.kind}: {item.message}" for item in summed(known(*runs))]


WEB_FAILED = "failed: release shop/web: failed it"


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([ran(whole(End(API)))], []),
        ([ran(whole(End(API), BAD))], [WEB_FAILED]),
        ([ran(whole(BAD, End(JOBS, Result.FAILED)))], [WEB_FAILED]),
        ([ran(whole(End(WEB)), WEB)], ["failed: 1 that failed is tried again later"]),
        ([ran(whole(BAD)), ran(whole(End(WEB)))], []),
        # A run about something else takes nothing back.
        ([ran(whole(End(API), BAD)), ran(part(End(API, Result.DONE)))], [WEB_FAILED]),
        ([ran(whole(End(WEB)), WEB), ran(part(End(API)))], ["failed: 1 that failed is tried again later"]),
        ([ran(refused(WEB)), ran(part(End(API)))], ["refused: too risky"]),
        ([ran(refused()), ran(part(End(API)))], ["refused: too risky"]),
        ([ran(Turn(trouble=WRONG)), ran(part(End(API)))], ["invalid: no such file"]),
        # One about it does.
        ([ran(whole(End(API), BAD)), ran(part(End(WEB, Result.DONE)))], []),
        ([ran(refused(WEB)), ran(part(End(WEB)))], []),
        ([ran(whole(BAD, End(JOBS, Result.FAILED))), ran(part(End(WEB)))], ["failed: release shop/jobs: failed it"]),
        # What a part meets itself.
        ([ran(Turn(trouble=LOCKED, only=(API,)))], ["failed: another run is at work"]),
        ([ran(Turn(trouble=LOCKED, only=(API,))), ran(part(End(API)))], []),
        ([ran(whole(BAD)), ran(part(End(API, Result.FAILED)))], ["failed: release shop/api: failed it"]),
        # A cluster that is left alone for a while is unreachable still.
        (
            [ran(Turn((kept(End(API)),), ("main",), AWAY, looked=NEAR))] * 2,
            ["unreachable: far: no answer"],
        ),
        (
            [ran(Turn(unreachable=AWAY)), ran(Turn((kept(End(API)),), ("main",), looked=NEAR))],
            ["unreachable: far: no answer"],
        ),
        ([ran(Turn(unreachable=AWAY)), ran(whole(End(API), End(FAR)))], []),
        ([ran(Turn(trouble=LOCKED)), ran(Turn(trouble=WRONG))], ["invalid: no such file"]),
        ([ran(whole(BAD)), ran(Turn(trouble=LockLostError("another replica leads")))], [WEB_FAILED]),
        ([ran(whole(BAD)), ran(Turn(unreachable=AWAY))], ["unreachable: far: no answer", WEB_FAILED]),
    ],
)
def test_what_is_in_the_way(runs: list[Ran], expected: list[str]) -> None:
    """What the last run found, and before it whoever looked at the rest."""
    assert conditions(*runs) == expected


def test_one_condition_for_all_failures() -> None:
    """However many releases failed: each is known by itself, and the first is shown."""
    found = known(ran(whole(BAD, End(JOBS, Result.SKIPPED))))
    assert [item.about for item in found] == [{WEB}, {JOBS}]
    assert [item.about for item in summed(found)] == [{WEB}]
