"""Where the files ask for what a plan does."""

from __future__ import annotations

from dataclasses import replace

from reconciler.errors import Location
from reconciler.model.identity import NamespaceId, ReleaseId
from reconciler.model.plan import Action, ActionKind
from reconciler.plan.places import located
from tests.plan.factories import API, WHERE, desired, namespace, release


def test_each_action_is_told_with_its_own_place() -> None:
    """A namespace has its place and a release its own; what the files do not name has none."""
    below = Location("env.yaml", 9, 3)
    known = desired(replace(release(), where=below), namespaces=[namespace()])
    targets = (NamespaceId("main", "shop"), API, ReleaseId("main", "shop", "gone"))
    actions = [Action(ActionKind.NONE, target, "", (), frozenset(), None) for target in targets]
    assert [action.where for action in located(actions, known)] == [WHERE, below, None]
