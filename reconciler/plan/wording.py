"""What differs, in one line."""

from __future__ import annotations

from reconciler.model.identity import Target
from reconciler.model.plan import Action, ActionKind, ObjectChange, Verb

# A reason is one line; the changes below it have everything.
_NAMED_OBJECTS, _NAMED_FIELDS = 3, 4


def nothing(target: Target) -> Action:
    """What is as it should be."""
    return Action(ActionKind.NONE, target, "nothing to do", (), frozenset(), None)


def drifted(changes: tuple[ObjectChange, ...]) -> str:
    """`drifted: Deployment shop/api spec.replicas (kubectl-scale at …)`."""
    return f"drifted: {named(changes)}"


def named(changes: tuple[ObjectChange, ...]) -> str:
    """The first of the objects and fields that differ, and how many more there are."""
    words = [_named_object(found) for found in changes[:_NAMED_OBJECTS]]
    rest = len(changes) - len(words)
    return "; ".join(words) + (f"; and {rest} more objects" if rest > 0 else "")


def _named_object(found: ObjectChange) -> str:
    if found.verb is Verb.CREATE:
        return f"{found.id} is gone"
    fields = [field.path + (f" (by {field.writer})" if field.writer else "") for field in found.fields[:_NAMED_FIELDS]]
    rest = len(found.fields) - len(fields)
    return f"{found.id} {', '.join(fields)}" + (f" and {rest} more" if rest > 0 else "")
