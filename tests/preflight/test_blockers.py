"""What a plan holds for impossible → checks."""

from __future__ import annotations

from reconciler.model.identity import ReleaseId
from reconciler.model.plan import Action, ActionKind, Plan, Refusal
from reconciler.model.preflight import Area, Check, Status
from reconciler.preflight.blockers import plan_checks
from tests.preflight.objects import API, PLACES, WHERE

NOTE = Check(Area.API, "Ingress", Status.WARNING, "old", cluster="main")


def action(kind: ActionKind, target: ReleaseId = API) -> Action:
    """An action for a reason."""
    return Action(kind, target, "because", (), frozenset(), None)


def test_what_is_blocked_would_fail() -> None:
    """With the plan's own reason, at the place of the release; its warnings follow."""
    other = ReleaseId("main", "shop", "other")
    actions = (action(ActionKind.BLOCKED), action(ActionKind.INSTALL, other))
    blocked, fine, note = plan_checks(Plan("staging", actions, (NOTE,)), PLACES)
    assert (blocked.area, blocked.status, blocked.message, blocked.where) == (
        Area.PLAN,
        Status.FAILED,
        "because",
        WHERE,
    )
    assert (fine.status, fine.message) == (Status.OK, "install: because")
    assert note == NOTE


def test_what_a_guard_refuses_would_not_be_applied() -> None:
    """With the flag or the line that would allow it."""
    refusal = Refusal("deletes-data", "it goes", "allow it", (API,))
    _, found = plan_checks(Plan("staging", (action(ActionKind.UPGRADE),), refusals=(refusal,)), PLACES)
    assert found == Check(Area.PLAN, "deletes-data", Status.FAILED, "it goes", "allow it", cluster="main")
