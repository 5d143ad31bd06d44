"""What came of a turn → how it is shown. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.daemon.conditions import Obstacle
from reconciler.daemon.turns import Turn
from reconciler.errors import DesiredStateErrors, ReconcilerError
from reconciler.flows.keep import Kept
from reconciler.model.finding import Finding
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.outcome import ActionOutcome, Result
from reconciler.model.plan import Plan
from reconciler.model.sync import ConditionKind, ReleaseView, RunResult, Step


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
    outcomes = (item for part in kept if part.outcome for item in part.outcome.actions)
    return tuple(step_of(item) for item in outcomes if item.result is not Result.UNCHANGED)


def errors_of(error: ReconcilerError) -> tuple[str, ...]:
    """Each mistake, with its place."""
    return tuple(map(str, error.errors)) if isinstance(error, DesiredStateErrors) else (str(error),)


def told(turn: Turn, held: int, *, allowed: bool) -> Told:
    """How a run ended, and why.

    Args:
        held: how many targets were left for later.
        allowed: whether it might change anything.
    """
    if turn.trouble:
        result = RunResult.INVALID if turn.is_invalid else RunResult.FAILED
        errors = errors_of(turn.trouble)
        return Told(result, errors[0] if errors else "it failed", errors)
    if refusals := [refusal.message for part in turn.kept for refusal in part.plan.refusals]:
        return Told(RunResult.REFUSED, refusals[0], tuple(refusals))
    if turn.unreachable:
        errors = tuple(str(error) for error in turn.unreachable.values())
        return Told(RunResult.FAILED, errors[0], errors)
    return _of_outcomes(turn, held) if allowed else _of_plans(turn)


def _of_plans(turn: Turn) -> Told:
    changes = sum(part.plan.changes for part in turn.kept)
    if changes:
        return Told(RunResult.PLANNED, f"{_counted(changes, 'change')} planned")
    if blocked := [action for part in turn.kept for action in part.plan.blocked]:
        return Told(RunResult.FAILED, f"{blocked[0].target}: {blocked[0].reason}")
    return Told(RunResult.UNCHANGED, "nothing to do")


def _of_outcomes(turn: Turn, held: int) -> Told:
    outcomes = [item for part in turn.kept if part.outcome for item in part.outcome.actions]
    counts = Counter(item.result for item in outcomes)
    if counts[Result.CANCELLED]:
        return Told(RunResult.INTERRUPTED, f"{_counted(counts[Result.CANCELLED], 'action')} not done")
    if counts[Result.FAILED] or counts[Result.SKIPPED]:
        failed = [item for item in outcomes if item.result is Result.FAILED]
        errors = tuple(f"{item.action.target}: {item.message}" for item in failed)
        return Told(RunResult.FAILED, errors[0] if errors else "what it needs is not healthy", errors)
    if held:
        return Told(RunResult.FAILED, f"{held} that failed {'is' if held == 1 else 'are'} tried again later")
    if counts[Result.DONE]:
        return Told(RunResult.CONVERGED, f"{_counted(counts[Result.DONE], 'action')} done")
    return Told(RunResult.UNCHANGED, "nothing to do")


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def left_of(kept: Iterable[Kept]) -> Plan | None:
    """What is still to be done, over all parts."""
    plans = [part.left for part in kept]
    if not plans:
        return None
    warnings = tuple(dict.fromkeys(check for plan in plans for check in plan.warnings))
    refusals = tuple(dict.fromkeys(refusal for plan in plans for refusal in plan.refusals))
    return Plan(plans[0].environment, tuple(item for plan in plans for item in plan.actions), warnings, refusals)


def releases_of(
    kept: Iterable[Kept],
    unseen: Iterable[ReleaseView],
    before: Iterable[ReleaseView],
    retries: Mapping[Target, datetime],
) -> tuple[ReleaseView, ...]:
    """How the releases stand; those that were not looked at stand as before, and findings stay until all is well."""
    known = {view.id: view for view in before}
    seen: dict[ReleaseId, ReleaseView] = {}
    for part in kept:
        fresh = _findings(part)
        for item in part.status.releases:
            well = item.standing.in_sync and item.health.is_healthy
            last = known[item.id].findings if item.id in known else ()
            findings = () if well else fresh.get(item.id, last)
            seen[item.id] = ReleaseView(item.id, item.standing, item.health, findings, retries.get(item.id))
    return tuple(view for _, view in sorted({**{view.id: view for view in unseen}, **seen}.items()))


def _findings(part: Kept) -> Mapping[Target, tuple[Finding, ...]]:
    outcomes = part.outcome.actions if part.outcome else ()
    return {item.action.target: item.findings for item in outcomes if item.findings}


def others_of(kept: Iterable[Kept]) -> tuple[tuple[Target, str], ...]:
    """What beside releases is not as it should be."""
    return tuple(other for part in kept for other in part.status.others)


_KINDS = {
    RunResult.FAILED: ConditionKind.FAILED,
    RunResult.INTERRUPTED: ConditionKind.FAILED,
    RunResult.INVALID: ConditionKind.INVALID,
}


def obstacles_of(turn: Turn, said: Told) -> tuple[Obstacle, ...]:
    """What keeps the environment from being as its files say, as far as the run has found it out."""
    found = [
        Obstacle(ConditionKind.UNREACHABLE, f"{name}: {error.message}", error.hint)
        for name, error in turn.unreachable.items()
    ]
    refusals = dict.fromkeys(refusal for part in turn.kept for refusal in part.plan.refusals)
    found += [Obstacle(ConditionKind.REFUSED, refusal.message, refusal.hint) for refusal in refusals]
    if said.result in _KINDS and not found:
        hint = turn.trouble.hint if turn.trouble else None
        found.append(Obstacle(_KINDS[said.result], said.message, hint))
    return tuple(found)
