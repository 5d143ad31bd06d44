"""What is left for later, and what is learnt from an outcome."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.daemon.loop.hold import hold_back, leave_drift, noted, settled
from reconciler.daemon.timing import Attempts
from reconciler.model.desired import Release
from reconciler.model.identity import AccountId, Kind, NamespaceId, ObjectId, ReleaseId, SecretId, Target
from reconciler.model.outcome import ActionOutcome, Outcome, Result
from reconciler.model.plan import Action, ActionKind, ApplyObjects, AttachPullSecrets, Plan, Work, WriteRelease
from reconciler.plan.own import OwnState
from reconciler.plan.states import Outdated, Settled, State
from tests.plan.factories import chart, release, stored

DB, API, WEB = (ReleaseId("main", "shop", name) for name in ("db", "api", "web"))


def action(target: Target, text: str = "v1", *needs: Target, kind: ActionKind = ActionKind.UPGRADE) -> Action:
    """One that writes this text."""
    work = ApplyObjects(((Kind("v1", "ConfigMap"), {"data": {"text": text}}),), "helm")
    return Action(kind, target, "it differs", (), frozenset(needs), work)


PLAN = Plan("shop", (action(DB), action(API, "v1", DB), action(WEB)))


def outcome(plan: Plan, **results: Result) -> Outcome:
    """How the releases ended; those that are not named: well."""
    ended = (
        ActionOutcome(item, results.get(getattr(item.target, "name", ""), Result.DONE), "", None, 0.0)
        for item in plan.actions
    )
    return Outcome(plan, tuple(ended))


def chance() -> float:
    """No jitter."""
    return 0.0


FAILED = noted(Attempts(), outcome(PLAN, db=Result.FAILED, api=Result.SKIPPED), {}, 100.0, chance)


def test_what_failed_waits_with_what_needs_it() -> None:
    """The rest of the plan is carried out."""
    held = hold_back(PLAN, FAILED, 102.0)
    assert held.until == {DB: 105.0, API: 105.0}
    assert [item.kind for item in held.plan.actions] == [ActionKind.NONE, ActionKind.NONE, ActionKind.UPGRADE]
    assert held.plan.changes == 1


def test_its_time_comes() -> None:
    """Then it is tried again."""
    assert hold_back(PLAN, FAILED, 105.0).plan == PLAN


def test_a_remedy_does_not_wait() -> None:
    """Other content is tried at once."""
    remedy = replace(PLAN, actions=(action(DB, "v2"), *PLAN.actions[1:]))
    assert hold_back(remedy, FAILED, 101.0).plan == remedy


def test_what_was_held_back_teaches_nothing() -> None:
    """It did nothing, which is no success; it waits longer when it fails again, and is forgiven when it succeeds."""
    held = hold_back(PLAN, FAILED, 102.0)
    after = noted(FAILED, outcome(held.plan, db=Result.UNCHANGED, api=Result.UNCHANGED), held.until, 102.0, chance)
    assert after.ready_at(DB, "") == float("-inf")
    assert hold_back(PLAN, after, 104.0).until == held.until
    again = noted(after, outcome(PLAN, db=Result.FAILED), {}, 105.0, chance)
    assert hold_back(PLAN, again, 106.0).until[DB] == 115.0
    well = noted(again, outcome(PLAN), {}, 115.0, chance)
    assert hold_back(PLAN, well, 115.0).plan == PLAN


def test_drift_may_be_left() -> None:
    """Corrections are shown, and not made; changes of the file are."""
    drifted = Plan("shop", (action(API, kind=ActionKind.CORRECT), action(WEB)))
    left = leave_drift(drifted, {})
    assert [item.kind for item in left.actions] == [ActionKind.NONE, ActionKind.UPGRADE]
    assert left.actions[0].reason == "it differs; it is left"


HOME, LOGIN, PULLER = NamespaceId("main", "shop"), SecretId("main", "shop", "db"), AccountId("main", "shop", "default")


def own_action(target: Target, work: Work, kind: ActionKind = ActionKind.UPDATE) -> Action:
    """What is done about a namespace, secret or ServiceAccount."""
    return Action(kind, target, "it differs", (), frozenset(), work)


def own_state(target: NamespaceId | SecretId | AccountId, work: Work, *, well: bool) -> OwnState:
    """How it was found."""
    identity = ObjectId(Kind("v1", "Secret"), "shop", "db")
    return OwnState(target, identity, {}, {}, well, None, work)


def text_of(text: str) -> ApplyObjects:
    """Writes a Secret with this text."""
    return ApplyObjects(((Kind("v1", "Secret"), {"data": {"password": text}}),), "reconciler")


@pytest.mark.parametrize(
    ("target", "before", "after"),
    [
        (HOME, text_of("a"), text_of("b")),
        (LOGIN, text_of("a"), text_of("b")),
        (
            PULLER,
            AttachPullSecrets(PULLER, "staging", ("registry",)),
            AttachPullSecrets(PULLER, "staging", ("registry", "other")),
        ),
    ],
)
def test_drift_beside_releases_may_be_left(
    target: NamespaceId | SecretId | AccountId, before: ApplyObjects | AttachPullSecrets, after: Work
) -> None:
    """Of what was as it should be: then somebody else has changed it. What the file says otherwise is done, and so is
    what was never seen in good order, and what is gone altogether."""
    in_place = settled([own_state(target, before, well=True)], (), {})
    drifted = Plan("shop", (own_action(target, before),))
    assert leave_drift(drifted, in_place).changes == 0
    for plan, known in (
        (Plan("shop", (own_action(target, after),)), in_place),
        (drifted, settled([own_state(target, before, well=False)], (), {})),
        (Plan("shop", (own_action(target, before, ActionKind.CREATE),)), in_place),
    ):
        assert leave_drift(plan, known) == plan


AS_BEFORE = release(values={"text": "a"})


@pytest.mark.parametrize(
    ("state", "kind", "wanted", "left"),
    [
        pytest.param(
            Settled(stored(), ()), ActionKind.UPGRADE, AS_BEFORE, True, id="a helm upgrade or rollback by hand"
        ),
        pytest.param(
            Settled(stored(), ()), ActionKind.UPGRADE, release(values={"text": "b"}), False, id="other values"
        ),
        pytest.param(
            Settled(stored(), ()),
            ActionKind.UPGRADE,
            replace(AS_BEFORE, chart=chart(digest="e" * 64)),
            False,
            id="chart",
        ),
        pytest.param(Settled(stored(), ()), ActionKind.INSTALL, AS_BEFORE, False, id="it is gone"),
        pytest.param(Outdated(stored(), ("chart",)), ActionKind.UPGRADE, AS_BEFORE, False, id="never as it should be"),
    ],
)
def test_what_others_make_of_a_release_may_be_left(
    state: State, kind: ActionKind, wanted: Release, *, left: bool
) -> None:
    """Of one that was as the file says, and of which the file says the same still."""
    in_place = settled((), [AS_BEFORE], {AS_BEFORE.id: state})
    work = WriteRelease(wanted, "shop", 3, None, (), "reconciler: a reason")
    plan = Plan("shop", (Action(kind, wanted.id, "revision 2 is a rollback", (), frozenset(), work),))
    assert (leave_drift(plan, in_place) != plan) is left
