"""Runs on one environment: each is one turn, without what failed lately."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from reconciler.apply.executor import Haste
from reconciler.daemon.config.windows import may_change
from reconciler.daemon.loop.following import Following
from reconciler.daemon.loop.hold import hold_back, leave_drift, noted, settled
from reconciler.daemon.loop.signs import Signs
from reconciler.daemon.loop.stopwatch import Stopwatch
from reconciler.daemon.loop.turns import Scope, Turn, take_turn
from reconciler.daemon.loop.views import Told, step_of, steps_of, told
from reconciler.daemon.source.origin import Checkout
from reconciler.daemon.surroundings import Surroundings
from reconciler.daemon.timing import Attempts
from reconciler.daemon.watch.expectations import expectations
from reconciler.errors import ReconcilerError
from reconciler.flows.apply import Conduct
from reconciler.flows.context import Context, Request
from reconciler.flows.planning import make_plan
from reconciler.model.outcome import ActionOutcome, Event
from reconciler.model.sync import Run, RunResult, RunStarted, StepEnded, Trigger, Why

if TYPE_CHECKING:
    from reconciler.daemon.config.sync_file import KeepSpec
    from reconciler.daemon.watch.expected import Expectations
    from reconciler.flows.planning import Found
    from reconciler.model.cluster import ClusterReader
    from reconciler.model.desired import ClusterAccess
    from reconciler.model.identity import ReleaseId, Target
    from reconciler.model.plan import Plan


@dataclass(frozen=True, slots=True)
class Files:
    """Files that are valid.

    Attributes:
        path: of the environment file, below the checkout's folder.
        name: of the environment.
        clusters: that its releases go to.
        releases: all of them.
    """

    checkout: Checkout
    path: str
    name: str
    clusters: tuple[str, ...]
    releases: frozenset[ReleaseId]


@dataclass(frozen=True, slots=True)
class Ran:
    """A run, and what is known after it.

    Attributes:
        held: what was left for later → until when.
        allowed: whether it might change anything.
    """

    run: Run
    turn: Turn
    said: Told
    held: Mapping[Target, float]
    allowed: bool


@dataclass(frozen=True, slots=True)
class Guard:
    """What a run stands under: `acting` is entered for its time, and raises when it may not begin."""

    acting: Callable[[], AbstractContextManager[None]]
    haste: Callable[[], Haste]
    following: Following


class Runner:
    """Runs, and remembers what failed; its thread gives `signs` of life."""

    def __init__(self, around: Surroundings, signs: Signs) -> None:
        self._around, self.signs = around, signs
        self._releases: Attempts[Target] = Attempts()
        self._clusters: Attempts[str] = Attempts()
        self._whole: Attempts[str] = Attempts()
        self._retry = float("inf")
        # What was as it should be when it was looked at last, or before.
        self.in_place: dict[Target, Hashable] = {}

    def quiet(self, files: Files) -> float:
        """Until when every cluster is left alone, since none could be reached."""
        return min((self._clusters.ready_at(name, "") for name in files.clusters), default=float("-inf"))

    @property
    def retry(self) -> float:
        """When the first of what failed may be tried again; infinity: nothing did."""
        return self._retry

    def waiting(self) -> Mapping[Target, float]:
        """What failed → until when it is left alone."""
        return self._releases.waiting(self._around.clock.ticks())

    def run(self, files: Files, why: Why, guard: Guard) -> Ran:
        """One run; it does not raise, whatever happens."""
        clock, board = self._around.clock, self._around.board
        context = self._around.context(files.checkout.folder, files.path)
        holder = context.holder("sync")
        started, begun = clock.now(), clock.ticks()
        board.tell(RunStarted(files.name, holder.run, why, files.checkout.commit))
        one = _One(self, files, why, replace(context, holder=lambda _what: holder), guard, holder.run)
        turn = one.take()
        said = told(turn, len(one.held), allowed=one.allowed, hurried=guard.haste() is Haste.AT_ONCE)
        self._note(files, turn, said, one.held, begun)
        run = Run(
            id=holder.run,
            environment=files.name,
            why=why,
            commit=files.checkout.commit,
            started=started,
            seconds=clock.ticks() - begun,
            result=said.result,
            changes=sum(part.plan.changes for part in turn.kept),
            message=said.message,
            errors=said.errors,
            steps=steps_of(turn.kept),
            stages=one.watch.stages,
        )
        return Ran(run, turn, said, one.held, one.allowed)

    def _note(self, files: Files, turn: Turn, said: Told, held: Mapping[Target, float], begun: float) -> None:
        now, chance = self._around.clock.ticks(), self._around.chance
        for part in turn.kept:
            if part.outcome:
                self._releases = noted(self._releases, part.outcome, held, now, chance)
        for name in turn.reached:
            self._clusters = self._clusters.succeeded(name)
        for name in turn.unreachable:
            self._clusters = self._clusters.failed(name, "", now, chance())
        if said.result is RunResult.INTERRUPTED or turn.trouble:
            # Such as by another run at work, or a chart repository that is away: nothing else tells when it is over.
            self._whole = self._whole.failed(files.name, "", now, chance())
        elif not turn.only:
            self._whole = self._whole.succeeded(files.name)
        # Those whose time has come, and that were not tried now, would start a run again and again. In a run about
        # something else they were not to be tried; what was held back in this one is tried in the next.
        since = begun if turn.only else now
        waiting = (self._releases.waiting(since), self._clusters.waiting(since), self._whole.waiting(since), held)
        self._retry = min((until for found in waiting for until in found.values()), default=float("inf"))

    def scope(self, files: Files, why: Why) -> Scope:
        """The part of a run: without the clusters that could not be reached lately, unless a person wishes it.

        Where no other is left it is about these: a run that looks at nothing would be a success.
        """
        now = self._around.clock.ticks()
        if why.trigger is Trigger.USER:
            return Scope(files.clusters, files.clusters)
        ready = tuple(name for name in files.clusters if self._clusters.ready_at(name, "") <= now) or files.clusters
        known = (release for release in why.about if release in files.releases)
        return Scope(files.clusters, ready, tuple(release for release in known if release.cluster in ready))

    def attempts(self, why: Why) -> Attempts[Target]:
        """What is held against whom in a run; nothing in one that a person asks for."""
        return Attempts() if why.trigger is Trigger.USER else self._releases

    @property
    def around(self) -> Surroundings:
        """What it works with."""
        return self._around


class _One:
    """One run under way."""

    def __init__(self, runner: Runner, files: Files, why: Why, context: Context, guard: Guard, run: str) -> None:
        self._runner, self._files, self._why = runner, files, why
        self._context, self._guard, self._run = context, guard, run
        self.held: dict[Target, float] = {}
        self.allowed = False
        self.watch = Stopwatch(runner.around.clock.ticks)
        self._expected: Expectations | None = None

    def take(self) -> Turn:
        """It, and then watch for what differs from what it has seen."""
        following = self._guard.following
        following.pause()
        turn = self._taken()
        if self._expected:
            following.follow(self._expected, turn.looked)
        else:
            following.resume()
        return turn

    def _taken(self) -> Turn:
        around = self._runner.around
        scope = self._runner.scope(self._files, self._why)
        self._runner.signs.waiting()
        try:
            with around.slots, self._guard.acting():
                self._lap("wait")
                # It may have waited long: how it is kept by now decides.
                return self._begun(around.keep(self._files.name), scope)
        except ReconcilerError as error:
            return Turn(trouble=error, only=scope.only)
        except Exception as error:  # noqa: BLE001 (a bug that one environment meets must not end the others)
            trouble = ReconcilerError(f"a bug in reconciler: {type(error).__name__}", hint="report it")
            return Turn(trouble=trouble, only=scope.only)

    def _begun(self, keep: KeepSpec, scope: Scope) -> Turn:
        self.allowed = may_change(keep, self._runner.around.clock.now())
        make = partial(self._make, keep)
        conduct = Conduct(keep.workers, _unseen, self._emit, make=make, haste=self._guard.haste)
        context = replace(self._context, reader=self._reader)
        return take_turn(Request(self._files.path), context, conduct, self._seen, scope, allowed=self.allowed)

    def _reader(self, access: ClusterAccess) -> ClusterReader:
        self._lap("load")
        return self._context.reader(access)

    def _make(self, keep: KeepSpec, found: Found) -> Plan:
        self._lap("observe")
        planned = self._planned(keep, found)
        self._lap("plan")
        return planned

    def _lap(self, name: str) -> None:
        self.watch.lap(name)
        self._runner.signs.looking()

    def _planned(self, keep: KeepSpec, found: Found) -> Plan:
        planned = make_plan(found)
        if not keep.correct_drift:
            planned = leave_drift(planned, self._runner.in_place)
        held = hold_back(planned, self._runner.attempts(self._why), self._runner.around.clock.ticks())
        for action in held.plan.actions:
            # It is planned once more under the lock, and the time of what was held back may have come by then.
            self.held.pop(action.target, None)
            if action.work:
                # Should it fail half done, it is not somebody else who made the difference.
                self._runner.in_place.pop(action.target, None)
        self.held.update(held.until)
        return held.plan

    def _seen(self, found: Found) -> None:
        self._runner.in_place.update(settled(found.own, found.desired.releases, found.states))
        part = expectations(found.desired, found.observed, found.own)
        self._expected = self._expected.joined(part) if self._expected else part

    def _emit(self, event: Event) -> None:
        self._runner.signs.told(event)
        if isinstance(event, ActionOutcome):
            self._runner.around.board.tell(StepEnded(self._files.name, self._run, step_of(event)))


def _unseen(_plan: Plan) -> None:
    """Plans are shown when the run has ended."""
