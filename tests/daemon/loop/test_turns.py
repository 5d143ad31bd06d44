"""Which part of an environment a turn is about, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from reconciler.cli.wiring import make_context
from reconciler.daemon.loop.turns import Scope, take_turn
from reconciler.desired.select import select
from reconciler.errors import ClusterError, DesiredStateError, LockError, LockLostError, ReconcilerError
from reconciler.flows.apply import Conduct
from reconciler.flows.context import Request
from reconciler.flows.keep import Kept
from reconciler.model.identity import ReleaseId
from tests.daemon.turns import kept
from tests.plan.factories import API, desired, release

WEB, AWAY, FAR = ReleaseId("main", "shop", "web"), ReleaseId("main", "away", "api"), ReleaseId("far", "shop", "api")


def test_selectors_of_releases() -> None:
    """They select just these, in the part of each cluster, whatever else is called like them."""
    accesses = desired().clusters
    wanted = replace(
        desired(*map(release, (API, WEB, AWAY, FAR))),
        clusters={**accesses, "far": replace(accesses["main"], name="far")},
    )
    parts = Scope(("main", "far"), ("main", "far"), (API, WEB, FAR)).parts
    found = {name: {item.id for item in select(wanted, selectors).releases} for name, selectors in parts.items()}
    assert found == {"main": {API, WEB}, "far": {FAR}}


def test_selectors_of_clusters() -> None:
    """Without releases, each cluster that can be reached is a part."""
    assert Scope(("main", "far"), ("far",)).parts == {"far": ("cluster=far",)}


Answers = Mapping[tuple[str, ...], ReconcilerError | Kept]
DEAD, LOCKED, LOST = ClusterError("it does not answer"), LockError("another run"), LockLostError("somebody took it")
INVALID = DesiredStateError("no such key")
GONE = replace(kept(), trouble=DEAD)
MAIN, FAR_AWAY, OF_API = ("cluster=main",), ("cluster=far",), ("name=api,namespace=shop,cluster=main",)
BOTH = Scope(("main", "far"), ("main", "far"))


@dataclass(frozen=True)
class Outcome:
    """What a turn comes to: the parts that were asked for, and what is known after them."""

    asked: list[tuple[str, ...]]
    reached: set[str]
    unreachable: set[str]
    trouble: ReconcilerError | None


@pytest.mark.parametrize(
    ("scope", "answers", "outcome"),
    [
        (BOTH, {}, Outcome([()], {"main", "far"}, set(), None)),
        (BOTH, {(): INVALID}, Outcome([()], set(), set(), INVALID)),
        (BOTH, {(): LOCKED}, Outcome([()], set(), set(), LOCKED)),
        (Scope(("main",), ("main",)), {(): DEAD}, Outcome([()], set(), {"main"}, None)),
        (BOTH, {(): DEAD, FAR_AWAY: DEAD}, Outcome([(), MAIN, FAR_AWAY], {"main"}, {"far"}, None)),
        (BOTH, {(): DEAD, MAIN: DEAD, FAR_AWAY: DEAD}, Outcome([(), MAIN, FAR_AWAY], set(), {"main", "far"}, None)),
        # It has come back meanwhile.
        (BOTH, {(): DEAD}, Outcome([(), MAIN, FAR_AWAY], {"main", "far"}, set(), None)),
        (BOTH, {(): DEAD, MAIN: LOCKED}, Outcome([(), MAIN, FAR_AWAY], {"far"}, set(), LOCKED)),
        (BOTH, {(): DEAD, MAIN: LOST}, Outcome([(), MAIN], set(), set(), LOST)),
        (Scope(("main", "far"), ("far",)), {}, Outcome([FAR_AWAY], {"far"}, set(), None)),
        (Scope(("main", "far"), ()), {}, Outcome([], set(), set(), None)),
        (replace(BOTH, only=(API,)), {}, Outcome([OF_API], set(), set(), None)),
        (replace(BOTH, only=(API,)), {OF_API: DEAD}, Outcome([OF_API], set(), {"main"}, None)),
        # It went away after something was done.
        (Scope(("main",), ("main",)), {(): GONE}, Outcome([()], set(), {"main"}, None)),
        (BOTH, {(): GONE}, Outcome([()], set(), set(), DEAD)),
        (BOTH, {(): DEAD, FAR_AWAY: GONE}, Outcome([(), MAIN, FAR_AWAY], {"main"}, {"far"}, None)),
        (replace(BOTH, only=(API,)), {OF_API: GONE}, Outcome([OF_API], set(), {"main"}, None)),
        # The release is gone from the files.
        (replace(BOTH, only=(API,)), {OF_API: INVALID}, Outcome([OF_API, ()], {"main", "far"}, set(), None)),
    ],
)
def test_what_a_turn_comes_to(
    monkeypatch: pytest.MonkeyPatch, scope: Scope, answers: Answers, outcome: Outcome
) -> None:
    """All at once; by parts where a cluster is away, none of which keeps anything from the others. The flow is made up;
    the real one is in tests/e2e."""
    asked: list[tuple[str, ...]] = []

    def keep(request: Request, *_: object, **__: object) -> Kept:
        asked.append(request.only)
        answer = answers.get(request.only, kept())
        if isinstance(answer, ReconcilerError):
            raise answer
        return answer

    monkeypatch.setattr("reconciler.daemon.loop.turns.keep", keep)
    conduct = Conduct(1, lambda _: None, lambda _: None)
    turn = take_turn(
        Request("env.yaml"), make_context("env.yaml", "auto"), conduct, lambda _: None, scope, allowed=True
    )
    assert Outcome(asked, set(turn.reached), set(turn.unreachable), turn.trouble) == outcome
    assert turn.is_invalid == (outcome.trouble is INVALID)
    assert turn.looked.whole == (outcome.reached == set(scope.clusters))
    assert (GONE in turn.kept) == (GONE in answers.values())
