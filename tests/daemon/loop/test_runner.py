"""What a run is about, and when what went wrong is tried again. Turns are made up; real ones are in tests/e2e."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.apply.executor import Haste
from reconciler.cli.wiring import make_context
from reconciler.daemon.board import LiveBoard
from reconciler.daemon.config.sync_file import KeepSpec
from reconciler.daemon.health import Pulse
from reconciler.daemon.loop.following import Following
from reconciler.daemon.loop.runner import Files, Guard, Ran, Runner
from reconciler.daemon.loop.signs import Signs
from reconciler.daemon.loop.turns import Scope, Turn
from reconciler.daemon.memory import Memory
from reconciler.daemon.source.origin import Checkout
from reconciler.daemon.surroundings import Surroundings
from reconciler.daemon.watch.drift import DriftWatch
from reconciler.errors import ClusterError, DesiredStateError, LockError
from reconciler.flows.apply import Conduct
from reconciler.model.identity import ReleaseId
from reconciler.model.outcome import Result
from reconciler.model.plan import Plan
from reconciler.model.sync import RunResult, Trigger, Why
from tests.daemon.turns import API, NOW, WEB, End, part, whole

NEVER = float("inf")
OF_API = Why(Trigger.DRIFT, "ConfigMap shop/api", (API,))
ALL = Why(Trigger.INTERVAL)


@dataclass
class HandClock:
    """A clock that a test sets."""

    at: float = 100.0

    def ticks(self) -> float:
        return self.at

    def now(self) -> Any:
        return NOW

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Site:
    """A runner whose turns come to what a test says."""

    runner: Runner
    clock: HandClock
    files: Files
    following: Following
    turn: Callable[[], Turn] = Turn
    scopes: list[Scope] = field(default_factory=list)
    conducts: list[Conduct] = field(default_factory=list)
    keep: dict[str, object] = field(default_factory=dict)
    allowed: list[bool] = field(default_factory=list)

    def run(self, why: Why, turn: Turn, seconds: float = 0.0, plans: Iterable[float] = ()) -> Ran:
        """One that takes so long.

        Args:
            plans: at which ticks it plans.
        """

        def taken() -> Turn:
            for self.clock.at in plans:
                self.conducts[-1].make(None)  # type: ignore[arg-type]  # what was found, which nobody asks for
            self.clock.at += seconds
            return turn

        self.turn = taken
        return self.runner.run(self.files, why, Guard(nullcontext, lambda: Haste.NONE, self.following))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Of an environment with two releases on `main`, and one on `far`."""
    clock = HandClock()
    around = Surroundings(
        context=lambda checkout, path: make_context(path, "auto", cwd=checkout),
        keep=lambda _name: KeepSpec.model_validate(made.keep),
        claim=lambda _name, _path: True,
        lead=None,
        board=LiveBoard(),
        memory=Memory(tmp_path / "state.json"),
        clock=clock,
        chance=lambda: 0.0,
        slots=threading.BoundedSemaphore(2),
        haste=lambda: Haste.NONE,
        watching=DriftWatch(lambda _access: pytest.fail("nothing is watched"), lambda *_: None),
    )
    known = frozenset({API, WEB, ReleaseId("far", "shop", "far")})
    files = Files(Checkout(tmp_path, None, ("env.yaml",)), "env.yaml", "staging", ("main", "far"), known)
    made = Site(
        Runner(around, Signs("keep env.yaml", Pulse(), clock.ticks)),
        clock,
        files,
        Following(around.watching, files.name),
    )

    def take_turn(*args: Any, allowed: bool) -> Turn:
        made.allowed.append(allowed)
        made.scopes.append(args[-1])
        made.conducts.append(args[2])
        return made.turn()

    monkeypatch.setattr("reconciler.daemon.loop.runner.take_turn", take_turn)
    return made


def test_another_run_at_work(site: Site) -> None:
    """It is tried again soon, and all is looked at then: nothing tells when the other run has ended."""
    site.run(ALL, Turn(trouble=LockError("another run is at work")))
    assert site.runner.retry == 105.0
    site.run(OF_API, Turn(trouble=LockError("another run is at work"), only=(API,)))
    assert site.runner.retry == 110.0
    site.run(OF_API, part(End(API)))
    assert site.runner.retry == 110.0
    site.run(ALL, whole(End(API)))
    assert site.runner.retry == NEVER


def test_what_a_run_finds_invalid(site: Site) -> None:
    """It is tried again soon, later and later: a chart's repository may have been away for a moment."""
    for retry in (105.0, 110.0, 120.0):
        site.run(
            ALL, Turn(trouble=DesiredStateError("cannot pull chart redis 20.1.0: charts.example.com answered 503"))
        )
        assert site.runner.retry == retry
    site.run(ALL, whole(End(API)))
    assert site.runner.retry == NEVER


def test_what_failed_is_tried_again_whatever_else_runs(site: Site) -> None:
    """A run about another release, in which its time comes, does not pass it over."""
    site.run(ALL, whole(End(API), End(WEB, Result.FAILED, work=True)))
    assert site.runner.retry == 105.0
    site.run(OF_API, part(End(API)), seconds=7.0)
    assert site.runner.retry == 105.0
    site.run(ALL, whole(End(API), End(WEB, Result.DONE, work=True)))
    assert site.runner.retry == NEVER


def about(*releases: ReleaseId) -> Why:
    """Drift of these."""
    return Why(Trigger.DRIFT, "", releases)


def test_what_a_run_is_about(site: Site) -> None:
    """What it is asked for, as far as the file has it and its cluster can be reached; nothing of that: all there is."""
    gone, far = ReleaseId("main", "shop", "gone"), ReleaseId("far", "shop", "far")
    site.run(about(API, gone), part(End(API)))
    site.run(about(gone), whole(End(API)))
    site.run(about(API, far), Turn(unreachable={"far": ClusterError("no answer")}, only=(API, far)))
    site.run(about(API, far), part(End(API)))
    site.run(about(far), whole(End(API)))
    assert [(scope.now, scope.only) for scope in site.scopes] == [
        (("main", "far"), (API,)),
        (("main", "far"), ()),
        (("main", "far"), (API, far)),
        (("main",), (API,)),
        (("main",), ()),
    ]


def test_what_a_run_changes_itself(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no drift, should it be left half done."""
    plan = Plan("staging", (End(API, work=True).action, End(WEB).action))
    monkeypatch.setattr("reconciler.daemon.loop.runner.make_plan", lambda _found: plan)
    site.runner.in_place.update({API: "as it was", WEB: "as it was"})
    site.run(ALL, whole(End(API), End(WEB)))
    assert site.conducts[0].make(None) == plan  # type: ignore[arg-type]  # what was found, which nobody asks for
    assert site.runner.in_place == {WEB: "as it was"}


@pytest.mark.parametrize(
    ("plans", "end", "held", "result", "retry"),
    [
        ((104.0, 104.5), End(API), {API: 105.0}, RunResult.FAILED, 105.0),
        ((104.0, 105.5), End(API, Result.DONE, work=True), {}, RunResult.CONVERGED, NEVER),
    ],
    ids=["not yet", "while it took the lock"],
)
def test_the_last_plan_says_what_is_held_back(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    plans: tuple[float, ...],
    end: End,
    held: dict[ReleaseId, float],
    result: RunResult,
    retry: float,
) -> None:
    """A release whose time comes while the lock is taken is tried, and its success is one; later, it is tried next."""
    failed = End(API, Result.FAILED, work=True)
    monkeypatch.setattr("reconciler.daemon.loop.runner.make_plan", lambda _found: Plan("staging", (failed.action,)))
    site.run(ALL, whole(failed))
    ran = site.run(ALL, whole(end), 3.0, plans)
    assert (ran.held, ran.run.result, site.runner.retry) == (held, result, retry)


def test_how_it_is_kept_when_its_turn_comes(site: Site) -> None:
    """Decides: not what held when it began to wait for a slot."""
    slot = site.runner.around.slots
    with slot, slot:
        thread = threading.Thread(target=site.run, args=(ALL, whole(End(API))))
        thread.start()
        site.keep["dryRun"] = True
    thread.join(20)
    assert site.allowed == [False]


@pytest.mark.parametrize("trigger", [Trigger.COMMIT, Trigger.FOLDER, Trigger.SIGNAL, Trigger.START])
def test_no_cluster_can_be_reached_lately(site: Site, trigger: Trigger) -> None:
    """A run that is asked for meanwhile tries all: one that looks at nothing would be a success."""
    dead = dict.fromkeys(site.files.clusters, ClusterError("no answer"))
    site.run(ALL, Turn(unreachable=dead))
    site.run(Why(trigger), Turn(unreachable=dead))
    assert [scope.now for scope in site.scopes] == [site.files.clusters, site.files.clusters]
