"""What came of a turn → how it is shown. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.daemon.looked import Looked
from reconciler.daemon.loop.conditions import Obstacle
from reconciler.daemon.loop.turns import Turn
from reconciler.errors import DesiredStateErrors, LockLostError, NotBegunError, ReconcilerError
from reconciler.flows.keep import Kept
from reconciler.model.finding import Finding
from reconciler.model.identity import Target
from reconciler.model.outcome import ActionOutcome, Result
from reconciler.model.plan import Plan
from reconciler.model.sync import ConditionKind, ReleaseView, RunResult, Step

_KINDS = {RunResult.FAILED: ConditionKind.FAILED, RunResult.INVALID: ConditionKind.INVALID}


@dataclass(frozen=True, slots=True)
class Told:
    """What a run says of itself."""

    result: RunResult
    message: str
    errors: tuple[str, ...] = ()


def step_of(outcome: ActionOutcome) -> Step:
    """One action of a run, as it ended."""
    action = outcome.action
    return Step(
        action.target,
        action.kind,
        outcome.result,
        outcome.message,
        outcome.seconds,
        outcome.findings,
        outcome.remedied,
    )


def steps_of(kept: Iterable[Kept]) -> tuple[Step, ...]:
    """What was done, without what had not to be done."""
    return tuple(step_of(item) for part in kept for item in part.outcomes if item.result is not Result.UNCHANGED)


def errors_of(error: ReconcilerError) -> tuple[str, ...]:
    """Each mistake, with its place, and what to try."""
    return tuple(map(str, _each(error)))


def obstacle_of(kind: ConditionKind, error: ReconcilerError) -> Obstacle:
    """The first mistake, with its place, as what stands in the way."""
    first = next(iter(_each(error)), error)
    return Obstacle(kind, f"{first.where}: {first.message}" if first.where else first.message, first.hint)


def _each(error: ReconcilerError) -> tuple[ReconcilerError, ...]:
    return error.errors if isinstance(error, DesiredStateErrors) else (error,)


def told(turn: Turn, held: int, *, allowed: bool, hurried: bool = False) -> Told:
    """How a run ended, and why.

    Args:
        held: how many targets were left for later.
        allowed: whether it might change anything.
        hurried: whether what was under way had to end at once; what failed then says nothing about the environment.
    """
    said = _said(turn, held, allowed=allowed)
    lost = isinstance(turn.trouble, LockLostError | NotBegunError)
    return (
        replace(said, result=RunResult.INTERRUPTED) if said.result is RunResult.FAILED and (hurried or lost) else said
    )


def _said(turn: Turn, held: int, *, allowed: bool) -> Told:
    if turn.trouble:
        result = RunResult.INVALID if turn.is_invalid else RunResult.FAILED
        message = obstacle_of(_KINDS[result], turn.trouble).message
        return Told(result, message, (*errors_of(turn.trouble), *_failures(turn)))
    if refusals := [refusal.message for part in turn.kept for refusal in part.plan.refusals]:
        return Told(RunResult.REFUSED, refusals[0], tuple(refusals))
    if turn.unreachable:
        first, errors = next(iter(turn.unreachable.values())), map(str, turn.unreachable.values())
        return Told(RunResult.FAILED, first.message, (*errors, *_failures(turn)))
    return _of_outcomes(turn, held) if allowed else _of_plans(turn, held)


def _of_plans(turn: Turn, held: int) -> Told:
    changes = sum(part.plan.changes for part in turn.kept)
    if changes:
        return Told(RunResult.PLANNED, f"{_counted(changes, 'change')} planned")
    if blocked := [action for part in turn.kept for action in part.plan.blocked]:
        return Told(RunResult.FAILED, f"{blocked[0].target}: {blocked[0].reason}")
    if held:
        return Told(RunResult.FAILED, later(held))
    return Told(RunResult.UNCHANGED, "nothing to do")


def _of_outcomes(turn: Turn, held: int) -> Told:
    counts = Counter(item.result for item in turn.outcomes)
    if failures := _failures(turn):
        return Told(RunResult.FAILED, failures[0], failures)
    if counts[Result.CANCELLED]:
        return Told(RunResult.INTERRUPTED, f"{_counted(counts[Result.CANCELLED], 'action')} not done")
    if counts[Result.SKIPPED]:
        return Told(RunResult.FAILED, "what it needs is not healthy")
    if held:
        return Told(RunResult.FAILED, later(held))
    if counts[Result.DONE]:
        return Told(RunResult.CONVERGED, f"{_counted(counts[Result.DONE], 'action')} done")
    return Told(RunResult.UNCHANGED, "nothing to do")


def _failures(turn: Turn) -> tuple[str, ...]:
    return tuple(f"{item.action.target}: {item.message}" for item in turn.outcomes if item.result is Result.FAILED)


def later(held: int) -> str:
    """How it is told that so many targets are held back."""
    return f"{held} that failed {'is' if held == 1 else 'are'} tried again later"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def left_of(kept: Iterable[Kept], looked: Looked, before: Plan | None) -> Plan | None:
    """What is still to be done, over all parts, and by the plan before of what was not looked at."""
    plans = [part.left for part in kept]
    if before and plans and not looked.whole:
        plans.insert(0, _unseen(before, looked, {action.target for part in kept for action in part.plan.actions}))
    if not plans:
        return before
    warnings = tuple(dict.fromkeys(check for plan in plans for check in plan.warnings))
    refusals = tuple(dict.fromkeys(refusal for plan in plans for refusal in plan.refusals))
    return Plan(plans[0].environment, tuple(item for plan in plans for item in plan.actions), warnings, refusals)


def _unseen(plan: Plan, looked: Looked, planned: Container[Target]) -> Plan:
    """What neither was looked at nor is in a newer plan, which may be carried out and not looked at again."""
    actions = (item for item in plan.actions if not looked.covers(item.target) and item.target not in planned)
    refusals = (item for item in plan.refusals if not all(map(looked.covers, item.targets)))
    return replace(plan, actions=tuple(actions), refusals=tuple(refusals))


def releases_of(
    kept: Iterable[Kept], looked: Looked, before: Iterable[ReleaseView], retries: Mapping[Target, datetime]
) -> tuple[ReleaseView, ...]:
    """How the releases stand; those that were not looked at stand as before, and findings stay until all is well."""
    known = {view.id: view for view in before}
    found = {key: view for key, view in known.items() if not looked.covers(key)}
    for part in kept:
        fresh = _findings(part)
        for item in part.status.releases:
            well = item.standing.in_sync and item.health.is_healthy
            last = known[item.id].findings if item.id in known else ()
            findings = () if well else fresh.get(item.id, last)
            found[item.id] = ReleaseView(item.id, item.standing, item.health, findings, retries.get(item.id))
    return tuple(view for _, view in sorted(found.items()))


def _findings(part: Kept) -> Mapping[Target, tuple[Finding, ...]]:
    return {item.action.target: item.findings for item in part.outcomes if item.findings}


def others_of(
    kept: Iterable[Kept], looked: Looked, before: Iterable[tuple[Target, str]]
) -> tuple[tuple[Target, str], ...]:
    """What beside releases is not as it should be; what was not looked at is as before."""
    return (
        *(other for other in before if not looked.covers(other[0])),
        *(other for part in kept for other in part.status.others),
    )
