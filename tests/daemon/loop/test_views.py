"""What a turn came to → what a run says of itself, what stands in the way, and how the releases are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.daemon.looked import EVERYTHING, NOTHING, Looked
from reconciler.daemon.loop.conditions import Obstacle
from reconciler.daemon.loop.obstacles import obstacles_of
from reconciler.daemon.loop.turns import Turn
from reconciler.daemon.loop.views import left_of, releases_of, steps_of, told
from reconciler.errors import (
    ChartError,
    ClusterError,
    DesiredStateError,
    DesiredStateErrors,
    Location,
    LockError,
    LockLostError,
    ReconcilerError,
)
from reconciler.flows.keep import Kept
from reconciler.flows.status import Status
from reconciler.model.finding import Cause, Finding
from reconciler.model.identity import ReleaseId
from reconciler.model.outcome import Result
from reconciler.model.plan import ActionKind, Plan, Refusal
from reconciler.model.standing import Condition, Health, Sync
from reconciler.model.sync import ConditionKind, ReleaseView, RunResult
from tests.daemon.stories import API, NOW, action, ended, kept, release_status

WEB = ReleaseId("main", "shop", "web")
DONE, FAILED, SKIPPED = ended(), ended(WEB, Result.FAILED, "it does not start"), ended(WEB, Result.SKIPPED)
CANCELLED, UNCHANGED = ended(WEB, Result.CANCELLED), ended(WEB, Result.UNCHANGED)
BUDGET = Refusal("deletion-budget", "it would delete 9 objects", "raise `policy.prune.budget`")
DEAD = ClusterError("cluster west does not answer", hint="is it up?")
UNREACHABLE = Obstacle(
    ConditionKind.UNREACHABLE, "west: cluster west does not answer", "is it up?", frozenset({"west"})
)
NO_CHART = DesiredStateError("no such chart", where=Location("staging.yaml", 3, 1), hint="which repository?")
FINDING = Finding(Cause.CRASH_LOOP, API, None, "it crashes", (), "look at its log", None)


def only_planned(*actions: ActionKind) -> Kept:
    """A turn that might change nothing."""
    plan = Plan("staging", tuple(action(kind=kind) for kind in actions))
    return Kept(plan, None, Status("staging", (), ()))


@pytest.mark.parametrize(
    ("turn", "held", "result", "message"),
    [
        (Turn((kept(),)), 0, RunResult.UNCHANGED, "nothing to do"),
        (Turn((kept(UNCHANGED),)), 0, RunResult.UNCHANGED, "nothing to do"),
        (Turn((kept(DONE, UNCHANGED),)), 0, RunResult.CONVERGED, "1 action done"),
        (Turn((kept(DONE), kept(DONE))), 0, RunResult.CONVERGED, "2 actions done"),
        (Turn((kept(DONE, FAILED),)), 0, RunResult.FAILED, "release shop/web: it does not start"),
        (Turn((kept(DONE, SKIPPED),)), 0, RunResult.FAILED, "what it needs is not healthy"),
        (Turn((kept(DONE),)), 1, RunResult.FAILED, "1 that failed is tried again later"),
        (Turn((kept(DONE),)), 2, RunResult.FAILED, "2 that failed are tried again later"),
        (Turn((kept(DONE, CANCELLED),)), 0, RunResult.INTERRUPTED, "1 action not done"),
        (Turn((kept(CANCELLED, SKIPPED),)), 0, RunResult.INTERRUPTED, "1 action not done"),
        (Turn((kept(FAILED, CANCELLED),)), 0, RunResult.FAILED, "release shop/web: it does not start"),
        (Turn((kept(refusals=[BUDGET]),)), 0, RunResult.REFUSED, "it would delete 9 objects"),
        (Turn((kept(DONE),), (), {"west": DEAD}), 0, RunResult.FAILED, "cluster west does not answer"),
        (Turn((kept(refusals=[BUDGET]),), (), {"west": DEAD}), 0, RunResult.REFUSED, "it would delete 9 objects"),
        (Turn(trouble=LockError("another run is at work")), 0, RunResult.FAILED, "another run is at work"),
        (Turn(trouble=LockLostError("another replica leads")), 0, RunResult.INTERRUPTED, "another replica leads"),
        (Turn(trouble=ChartError("no such chart")), 0, RunResult.INVALID, "no such chart"),
        (Turn(trouble=DesiredStateErrors([NO_CHART])), 0, RunResult.INVALID, "staging.yaml:3:1: no such chart"),
    ],
)
def test_how_a_run_ended(turn: Turn, held: int, result: RunResult, message: str) -> None:
    """The worst of its parts tells; what was cut off is no failure, unless something had failed before."""
    said = told(turn, held, allowed=True)
    assert (said.result, said.message) == (result, message)


@pytest.mark.parametrize(
    ("turn", "result"),
    [
        (Turn((kept(FAILED, CANCELLED),)), RunResult.INTERRUPTED),
        (Turn(trouble=ClusterError("the connection was closed")), RunResult.INTERRUPTED),
        (Turn((kept(DONE),), (), {"west": DEAD}), RunResult.INTERRUPTED),
        (Turn((kept(DONE),)), RunResult.CONVERGED),
        (Turn((kept(refusals=[BUDGET]),)), RunResult.REFUSED),
        (Turn(trouble=DesiredStateError("no such key")), RunResult.INVALID),
    ],
)
def test_a_run_that_had_to_end_at_once(turn: Turn, result: RunResult) -> None:
    """What failed then says nothing about the environment; what was found out before stays true."""
    assert told(turn, 0, allowed=True, hurried=True).result is result


@pytest.mark.parametrize(
    ("kinds", "result", "message"),
    [
        ([ActionKind.UPGRADE, ActionKind.BLOCKED], RunResult.PLANNED, "1 change planned"),
        ([ActionKind.UPGRADE, ActionKind.INSTALL], RunResult.PLANNED, "2 changes planned"),
        ([ActionKind.BLOCKED], RunResult.FAILED, "release shop/api: it differs"),
        ([ActionKind.NONE], RunResult.UNCHANGED, "nothing to do"),
    ],
)
def test_a_run_that_may_change_nothing(kinds: list[ActionKind], result: RunResult, message: str) -> None:
    """It says what it would do, or cannot do."""
    said = told(Turn((only_planned(*kinds),)), 0, allowed=False)
    assert (said.result, said.message) == (result, message)


def test_each_mistake_of_files_is_told() -> None:
    """With its place, not only the first."""
    said = told(Turn(trouble=DesiredStateErrors([NO_CHART, DesiredStateError("no such secret")])), 0, allowed=True)
    assert set(said.errors) == {str(NO_CHART), "no such secret"}


def test_what_had_not_to_be_done_is_no_step() -> None:
    """A run of 500 releases of which one was upgraded has one step."""
    steps = steps_of([kept(UNCHANGED, DONE), kept(FAILED)])
    assert [(step.target, step.result) for step in steps] == [(API, Result.DONE), (WEB, Result.FAILED)]


@pytest.mark.parametrize(
    ("turn", "obstacles"),
    [
        (Turn((kept(DONE),)), ()),
        (Turn((kept(CANCELLED),)), ()),
        (Turn(trouble=LockLostError("another replica leads")), ()),
        (
            Turn((kept(FAILED),)),
            (Obstacle(ConditionKind.FAILED, "release shop/web: it does not start", about=frozenset({WEB})),),
        ),
        (
            Turn(trouble=ChartError("no such chart", hint="which repository?")),
            (Obstacle(ConditionKind.INVALID, "no such chart", "which repository?"),),
        ),
        (
            Turn(trouble=DesiredStateErrors([NO_CHART])),
            (Obstacle(ConditionKind.INVALID, "staging.yaml:3:1: no such chart", "which repository?"),),
        ),
        (
            Turn((kept(refusals=[BUDGET]), kept(refusals=[BUDGET]))),
            (Obstacle(ConditionKind.REFUSED, BUDGET.message, BUDGET.hint),),
        ),
        (
            Turn((kept(DONE),), (), {"west": DEAD}),
            (UNREACHABLE,),
        ),
        (
            Turn((kept(refusals=[BUDGET]),), (), {"west": DEAD}),
            (
                UNREACHABLE,
                Obstacle(ConditionKind.REFUSED, BUDGET.message, BUDGET.hint),
            ),
        ),
    ],
)
def test_what_stands_in_the_way(turn: Turn, obstacles: tuple[Obstacle, ...]) -> None:
    """Each thing once, with what to try; a run that was cut off is none."""
    assert obstacles_of(turn, told(turn, 0, allowed=True)) == obstacles


@pytest.mark.parametrize(
    ("turn", "kind"),
    [
        (Turn((kept(FAILED),), (), {"west": DEAD}), ConditionKind.FAILED),
        (Turn((kept(DONE),), (), {"west": DEAD}, ChartError("no such chart")), ConditionKind.INVALID),
    ],
)
def test_a_dead_cluster_hides_nothing(turn: Turn, kind: ConditionKind) -> None:
    """What else is in the way, in other clusters, is told beside it."""
    kinds = [item.kind for item in obstacles_of(turn, told(turn, 0, allowed=True))]
    assert kinds == [ConditionKind.UNREACHABLE, kind]


def test_what_is_left_of_several_parts() -> None:
    """Of all of them, without what was done; no part, no plan."""
    left = left_of([kept(DONE), kept(FAILED, refusals=[BUDGET]), kept(refusals=[BUDGET])], EVERYTHING, None)
    assert left is not None
    assert [item.target for item in left.actions] == [WEB]
    assert left.refusals == (BUDGET,)
    assert left_of([], EVERYTHING, None) is None


def view(target: ReleaseId, *findings: Finding) -> ReleaseView:
    """A release that was not well before."""
    status = release_status(target, Sync.FAILED, Health(Condition.FAILED, "it crashes"))
    return ReleaseView(target, status.standing, status.health, findings)


def test_findings_stay_until_all_is_well() -> None:
    """Those of a failure are still true in a run that left the release for later; fresh ones replace them."""
    bad = release_status(API, Sync.FAILED, Health(Condition.FAILED))
    still = releases_of([kept(statuses=[bad])], EVERYTHING, [view(API, FINDING)], {API: NOW})
    assert (still[0].findings, still[0].retry) == ((FINDING,), NOW)
    fresh = replace(FINDING, message="the image is gone")
    failed = replace(ended(API, Result.FAILED), findings=(fresh,))
    assert releases_of([kept(failed, statuses=[bad])], EVERYTHING, [view(API, FINDING)], {})[0].findings == (fresh,)
    assert not releases_of([kept(statuses=[release_status()])], EVERYTHING, [view(API, FINDING)], {})[0].findings


def test_releases_of_a_dead_cluster_stand_as_before() -> None:
    """What was not looked at is not forgotten; by name, what was seen now has the last word."""
    before = [view(WEB, FINDING), view(API, FINDING)]
    shown = releases_of([kept(statuses=[release_status(API)])], Looked(targets=frozenset({API})), before, {})
    assert [(item.id, item.standing.sync) for item in shown] == [(API, Sync.IN_SYNC), (WEB, Sync.FAILED)]


def test_a_bug_is_told_as_one() -> None:
    """With the hint that came with it."""
    turn = Turn(trouble=ReconcilerError("a bug in reconciler: KeyError", hint="report it"))
    assert obstacles_of(turn, told(turn, 0, allowed=True)) == (
        Obstacle(ConditionKind.FAILED, "a bug in reconciler: KeyError", "report it"),
    )


def test_what_was_done_before_a_cluster_went_away() -> None:
    """It is not left any more, what failed is once, and both troubles are told."""
    gone = replace(kept(DONE, FAILED), trouble=DEAD)
    before = Plan("staging", (DONE.action, FAILED.action))
    left = left_of((gone,), NOTHING, before)
    assert left
    assert left.actions == (FAILED.action,)
    said = told(Turn((gone,), unreachable={"west": DEAD}), 0, allowed=True)
    assert said.result is RunResult.FAILED
    assert said.errors == (str(DEAD), "release shop/web: it does not start")
