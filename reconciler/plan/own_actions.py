"""What is done about a namespace, secret or ServiceAccount of the environment."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.cluster import OWN_MANAGER
from reconciler.model.plan import Action, ActionKind, ApplyObjects, ObjectChange, Work
from reconciler.plan.leave import Leaves
from reconciler.plan.own import OwnState, own_hazards
from reconciler.plan.previews import TargetPreview
from reconciler.plan.recreating import preparations
from reconciler.plan.risks import object_hazards
from reconciler.plan.wording import named, nothing


def own_action(state: OwnState, preview: TargetPreview, leaves: Leaves) -> Action:
    """What to do about a namespace, secret or ServiceAccount of the environment."""
    preview = preview.permitted(state.target, leaves)
    hazards = (*own_hazards(state), *object_hazards(preview.objects))
    risks = tuple(leaves.label(hazard, state.target) for hazard in hazards)
    refusal = state.taken or next(iter((*preview.refusals, *leaves.lacking(hazards, state.target))), None)
    if refusal:
        reason = leaves.mask.text(refusal)
        return Action(ActionKind.BLOCKED, state.target, reason, (), frozenset(), None, risks=risks)
    changes = preview.changes(leaves.mask, OWN_MANAGER)
    if not changes:
        return nothing(state.target)
    kind, reason = _own_reason(state, changes)
    return Action(kind, state.target, reason, changes, frozenset(), _own_work(state, preview), risks=risks)


def _own_work(state: OwnState, preview: TargetPreview) -> Work:
    first = tuple(preparations(preview.objects, state.target))
    return replace(state.work, first=first) if isinstance(state.work, ApplyObjects) else state.work


def _own_reason(state: OwnState, changes: tuple[ObjectChange, ...]) -> tuple[ActionKind, str]:
    if state.reason:
        return ActionKind.UPDATE, state.reason
    if state.live is None:
        return ActionKind.CREATE, "does not exist"
    return ActionKind.UPDATE, f"differs: {named(changes)}"
