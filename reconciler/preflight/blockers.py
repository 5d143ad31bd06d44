"""What a plan holds for impossible, and what it warns of → checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.errors import Location
from reconciler.model.identity import ReleaseId
from reconciler.model.plan import ActionKind, Plan
from reconciler.model.preflight import Area, Check, Status


def plan_checks(plan: Plan, places: Mapping[ReleaseId, Location]) -> Iterator[Check]:
    """Each action that would fail, with its reason; what guards refuse; then the plan's warnings."""
    for action in plan.actions:
        target = action.target
        where = places.get(target) if isinstance(target, ReleaseId) else None
        if action.kind is ActionKind.BLOCKED:
            yield Check(Area.PLAN, str(target), Status.FAILED, action.reason, None, where, target.cluster)
        else:
            yield Check(Area.PLAN, str(target), Status.OK, f"{action.kind}: {action.reason}", cluster=target.cluster)
    for refusal in plan.refusals:
        cluster = next((target.cluster for target in refusal.targets), None)
        yield Check(Area.PLAN, refusal.guard, Status.FAILED, refusal.message, refusal.hint, cluster=cluster)
    yield from plan.warnings
