"""What CI systems show beside a line of a file: mistakes, what is blocked or failed, what guards refuse, warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import DesiredStateErrors, Location, ReconcilerError
from reconciler.model.outcome import ActionOutcome, Outcome, Result
from reconciler.model.plan import Action, ActionKind, Plan
from reconciler.model.policy import Leave
from reconciler.model.preflight import Check, Status


class Severity(StrEnum):
    """How bad it is; the words are those of GitHub's commands."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to show.

    Attributes:
        rule: what kind of thing it is, in a word that stays the same.
        title: what it is about.
        where: the place in the user's files; None: there is none.
    """

    severity: Severity
    rule: str
    title: str
    message: str
    where: Location | None


def error_notices(error: ReconcilerError) -> list[Notice]:
    """The mistakes in the files; or why the command could not do its work."""
    found = error.errors if isinstance(error, DesiredStateErrors) else (error,)
    return [Notice(Severity.ERROR, "mistake", "", _advised(item.message, item.hint), item.where) for item in found]


def plan_notices(plan: Plan) -> list[Notice]:
    """What of a plan needs a look: refusals, blocked actions, risks that are not allowed, changes, warnings."""
    return [*_refusals(plan), *(found for action in plan.actions for found in _of_action(action)), *_warnings(plan)]


def outcome_notices(outcome: Outcome) -> list[Notice]:
    """What did not happen, and why; and what the plan warned of."""
    troubles = (_of_outcome(item) for item in outcome.actions if item.result in _TROUBLE)
    return [*_refusals(outcome.plan), *troubles, *_warnings(outcome.plan)]


_TROUBLE = (Result.FAILED, Result.SKIPPED, Result.CANCELLED)


def _refusals(plan: Plan) -> Iterator[Notice]:
    places = {action.target: action.where for action in plan.actions}
    for refusal in plan.refusals:
        where = next((places[target] for target in refusal.targets if places.get(target)), None)
        message = _advised(refusal.message, refusal.hint)
        yield Notice(Severity.ERROR, "refused", f"refused by {refusal.guard}", message, where)


def _of_action(action: Action) -> Iterator[Notice]:
    name = str(action.target)
    if action.kind is ActionKind.BLOCKED:
        yield Notice(Severity.ERROR, "blocked", f"{name} is blocked", action.reason, action.where)
    elif action.work is not None:
        yield Notice(Severity.NOTICE, "change", f"{action.kind} {name}", action.reason, action.where)
    for label in action.risks:
        severity = Severity.NOTICE if label.leave is Leave.ALLOW else Severity.WARNING
        about = str(label.object or name)
        yield Notice(severity, label.risk, f"{label.risk}: {name}", f"{about}: {label.message}", action.where)


def _of_outcome(item: ActionOutcome) -> Notice:
    severity = Severity.ERROR if item.result is Result.FAILED else Severity.WARNING
    finding = next(iter(item.findings), None)
    where = finding.where if finding and finding.where else item.action.where
    message = _advised(item.message, finding.hint if finding else item.hint)
    return Notice(severity, item.result, f"{item.action.target} {item.result}", message, where)


def _warnings(plan: Plan) -> Iterator[Notice]:
    return (_of_check(check) for check in plan.warnings if check.status is not Status.OK)


def _of_check(check: Check) -> Notice:
    severity = Severity.ERROR if check.status is Status.FAILED else Severity.WARNING
    return Notice(severity, check.area, check.subject, _advised(check.message, check.hint), check.where)


def _advised(message: str, hint: str | None) -> str:
    return f"{message}\ntry: {hint}" if hint else message


def worst(notices: Iterable[Notice]) -> list[Notice]:
    """The worst first; the order stays otherwise."""
    order = list(Severity)
    return sorted(notices, key=lambda notice: order.index(notice.severity))
