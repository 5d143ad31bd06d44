"""What becomes of a plan as a whole."""

from __future__ import annotations

from reconciler.model.identity import NamespaceId
from reconciler.model.outcome import Result, refused
from reconciler.model.plan import Action, ActionKind, ApplyObjects, Plan, Refusal


def test_a_refused_plan_does_nothing() -> None:
    """What was to be done is refused, what is in place stays so, and it is not converged."""
    changed = Action(
        ActionKind.CREATE, NamespaceId("main", "a"), "why", (), frozenset(), ApplyObjects((), "reconciler")
    )
    kept = Action(ActionKind.NONE, NamespaceId("main", "b"), "nothing to do", (), frozenset(), None)
    blocked = Action(ActionKind.BLOCKED, NamespaceId("main", "c"), "why", (), frozenset(), None)
    outcome = refused(Plan("test", (changed, kept, blocked), refusals=(Refusal("budget", "too many", None),)))
    assert [item.result for item in outcome.actions] == [Result.REFUSED, Result.UNCHANGED, Result.REFUSED]
    assert not outcome.converged
