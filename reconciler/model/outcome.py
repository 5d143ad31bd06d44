"""What became of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.failure import Remedy
from reconciler.model.finding import Finding
from reconciler.model.lease import Lease
from reconciler.model.plan import Action, ActionKind, Plan


class Result(StrEnum):
    """What became of one action."""

    UNCHANGED = "unchanged"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    REFUSED = "refused"

    @property
    def is_in_place(self) -> bool:
        """Whether the target then is as desired."""
        return self in (Result.UNCHANGED, Result.DONE)


@dataclass(frozen=True, slots=True)
class Remedied:
    """What became of the remedy for a release that failed; the message is masked."""

    remedy: Remedy
    done: bool
    message: str


@dataclass(frozen=True, slots=True)
class ActionOutcome:
    """One action, how it ended, why, and how long it took (seconds).

    Attributes:
        findings: for one that failed, what was found at once.
        remedied: what was done about the failure then; None where nothing was to be done.
    """

    action: Action
    result: Result
    message: str
    hint: str | None
    seconds: float
    findings: tuple[Finding, ...] = ()
    remedied: Remedied | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """An action begins."""

    action: Action


@dataclass(frozen=True, slots=True)
class Waiting:
    """The lock of a cluster is another run's, and has to be waited for."""

    cluster: str
    lease: Lease


Step = Started | ActionOutcome
Event = Step | Waiting


@dataclass(frozen=True, slots=True)
class Outcome:
    """All actions of a plan, in its order."""

    plan: Plan
    actions: tuple[ActionOutcome, ...]

    @property
    def converged(self) -> bool:
        """Whether the clusters now are as desired."""
        return all(outcome.result.is_in_place for outcome in self.actions)


def refused(plan: Plan) -> Outcome:
    """What becomes of a plan that a guard refuses: nothing."""
    return Outcome(plan, tuple(_refused(action) for action in plan.actions))


def _refused(action: Action) -> ActionOutcome:
    if action.kind is ActionKind.NONE:
        return ActionOutcome(action, Result.UNCHANGED, action.reason, None, 0.0)
    return ActionOutcome(action, Result.REFUSED, "a guard refuses the plan", None, 0.0)
