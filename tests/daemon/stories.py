"""Made-up notices and views, for the tests of those who are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from reconciler.flows.keep import Kept
from reconciler.flows.status import ReleaseStatus, Status
from reconciler.model.identity import Kind, ReleaseId, Target
from reconciler.model.outcome import ActionOutcome, Outcome, Result
from reconciler.model.plan import Action, ActionKind, ApplyObjects, Plan, Refusal
from reconciler.model.source import Commit, Person, Signature, SignatureState
from reconciler.model.standing import HEALTHY, Health, Standing, Sync
from reconciler.model.sync import (
    Condition,
    ConditionKind,
    EnvironmentView,
    ReleaseView,
    Run,
    RunResult,
    Step,
    Trigger,
    Why,
)

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
API = ReleaseId("main", "shop", "api")
ADA = Person("Ada", "ada@example.com")
COMMIT = Commit("c" * 40, "refs/heads/main", ADA, ADA, "Raise the limits", NOW, Signature(SignatureState.UNCHECKED))
NEXT = replace(COMMIT, sha="d" * 40, subject="Raise them more")


def step(kind: ActionKind = ActionKind.UPGRADE, result: Result = Result.DONE, message: str = "upgraded") -> Step:
    """An action on the release api that took two seconds."""
    return Step(API, kind, result, message, 2.0)


def run(result: RunResult = RunResult.CONVERGED, *steps: Step, changes: int = 1, **more: str) -> Run:
    """A run on `staging` that took three seconds."""
    number, message = more.get("id", "0123456789ab"), more.get("message", "1 change")
    return Run(number, "staging", Why(Trigger.COMMIT, "push"), COMMIT, NOW, 3.0, result, changes, message, (), steps)


def condition(kind: ConditionKind, message: str = "it is so", hint: str | None = None) -> Condition:
    """A condition since NOW."""
    return Condition(kind, message, NOW, hint)


def view(*kinds: ConditionKind, name: str = "staging", succeeded: datetime | None = NOW) -> EnvironmentView:
    """`staging` with one release in sync."""
    release = ReleaseView(API, Standing(Sync.IN_SYNC, "", 3, "api-1.2.0"), HEALTHY)
    conditions = tuple(condition(kind) for kind in kinds)
    return EnvironmentView(name, f"{name}.yaml", COMMIT, COMMIT, conditions, (release,), succeeded=succeeded)


def action(target: Target = API, kind: ActionKind = ActionKind.UPGRADE, reason: str = "it differs") -> Action:
    """One that writes something, unless it is of a kind that does nothing."""
    work = ApplyObjects(((Kind("v1", "ConfigMap"), {"data": {"text": "v1"}}),), "helm")
    idle = kind in (ActionKind.NONE, ActionKind.BLOCKED)
    return Action(kind, target, reason, (), frozenset(), None if idle else work)


def release_status(target: ReleaseId = API, sync: Sync = Sync.IN_SYNC, health: Health = HEALTHY) -> ReleaseStatus:
    """How a release stands."""
    return ReleaseStatus(target, Standing(sync, "", 3, "api-1.2.0"), health)


def kept(*outcomes: ActionOutcome, statuses: Iterable[ReleaseStatus] = (), refusals: Iterable[Refusal] = ()) -> Kept:
    """A turn of which this became."""
    plan = Plan("staging", tuple(item.action for item in outcomes), (), tuple(refusals))
    return Kept(plan, Outcome(plan, outcomes), Status("staging", tuple(statuses), ()))


def ended(target: Target = API, result: Result = Result.DONE, message: str = "") -> ActionOutcome:
    """An action that ended like this."""
    kind = ActionKind.NONE if result is Result.UNCHANGED else ActionKind.UPGRADE
    return ActionOutcome(action(target, kind), result, message, None, 2.0)


@dataclass
class Views:
    """A board of given views."""

    views: list[EnvironmentView] = field(default_factory=list)

    @classmethod
    def of(cls, views: Iterable[EnvironmentView]) -> Views:
        """With these."""
        return cls(list(views))

    def environments(self) -> tuple[EnvironmentView, ...]:
        """See Board."""
        return tuple(self.views)

    def strays(self) -> tuple[str, ...]:
        """See Board."""
        return ()

    def environment(self, name: str) -> EnvironmentView | None:
        """See Board."""
        return next((view for view in self.views if view.name == name), None)
