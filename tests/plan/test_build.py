"""States and previews → actions: kind, reason, changes and work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.cluster import Cascade
from reconciler.model.identity import Target
from reconciler.model.json import JsonMap
from reconciler.model.observed import Obstacle, Preview, ReleaseStatus
from reconciler.model.plan import Action, ActionKind, ApplyObjects, Plan, Verb, WriteRelease
from reconciler.model.policy import DEFAULT_POLICY, NO_CONSENT, Consent, Leave, Policy, Risk
from reconciler.model.preparation import Adoption, Preparation, Recreation
from reconciler.model.secret import MASK
from reconciler.plan.build import build_plan
from reconciler.plan.own import classify_own
from reconciler.plan.previews import TargetPreview
from reconciler.plan.states import (
    Foreign,
    Locked,
    NotInstalled,
    Outdated,
    Retired,
    Settled,
    State,
    Stuck,
    Suspect,
    Unclaimed,
)
from tests.plan.factories import (
    API,
    CONFIG_MAP,
    NOW,
    config_map,
    desired,
    namespace,
    observed,
    preview,
    release,
    secret,
    stored,
)

BEFORE, AFTER = config_map(a="1"), config_map(a="2")
DIFFERS = preview(BEFORE, AFTER)
SAME = preview(config_map("same"), config_map("same"))
REFUSED = preview(BEFORE, None, verified=False, refusal="ConfigMap shop/api: no")
UNVERIFIED = preview(None, AFTER, verified=False, note="namespace shop does not exist yet")
PENDING = stored(status=ReleaseStatus.PENDING_UPGRADE, revision=4)
SETTLED = Settled(stored(), (Suspect(DIFFERS.id, AFTER, BEFORE),))


def action(state: State, *objects: Preview, refusal: str | None = None, hidden: tuple[str, ...] = ()) -> Action:
    """What is decided about a release in this state."""
    wanted = desired(release(), hidden=hidden)
    (found,) = build_plan(wanted, (), {API: state}, {API: TargetPreview(objects, refusal)}).actions
    return found


@pytest.mark.parametrize(
    ("state", "kind", "reason", "revision", "repair"),
    [
        pytest.param(NotInstalled(), ActionKind.INSTALL, "not installed", 1, None, id="not installed"),
        pytest.param(
            Outdated(stored(revision=2), ("chart 1 → 2", "values changed: a")),
            ActionKind.UPGRADE,
            "chart 1 → 2; values changed: a",
            3,
            None,
            id="outdated",
        ),
        pytest.param(
            Stuck(PENDING),
            ActionKind.UPGRADE,
            "revision 4 was left pending-upgrade by a run that ended: repaired, then upgraded",
            5,
            4,
            id="stuck",
        ),
    ],
)
def test_what_is_written_through_helm(
    state: State, kind: ActionKind, reason: str, revision: int, repair: int | None
) -> None:
    """An install or upgrade, also when no object differs: Helm's record has to say what is desired."""
    for objects in ((), (SAME,), (DIFFERS,)):
        found = action(state, *objects)
        assert (found.kind, found.reason) == (kind, reason)
        assert found.work == WriteRelease(release(), "staging", revision, repair, (), f"reconciler: {reason}")
        assert [change.id for change in found.changes] == [item.id for item in objects if item is DIFFERS]


@pytest.mark.parametrize("objects", [(), (SAME,)])
def test_a_settled_release_has_nothing_to_do(objects: tuple[Preview, ...]) -> None:
    """No suspects, or suspects that the server finds to be as they should."""
    found = action(SETTLED, *objects)
    assert (found.kind, found.reason, found.changes, found.work) == (ActionKind.NONE, "nothing to do", (), None)


def test_drift_is_corrected_object_by_object() -> None:
    """Only the objects that differ are sent, as Helm's own field manager."""
    found = action(SETTLED, SAME, DIFFERS)
    assert (found.kind, found.reason) == (ActionKind.CORRECT, "drifted: ConfigMap shop/api data.a")
    assert found.work == ApplyObjects(((CONFIG_MAP, AFTER),), "helm", revision=1)


def _many(number: int) -> list[Preview]:
    return [preview(config_map(f"c{at}", a="1"), config_map(f"c{at}", a="2")) for at in range(number)]


@pytest.mark.parametrize(("shown", "kind"), [(DIFFERS, ActionKind.UPGRADE), (SAME, ActionKind.NONE)])
def test_the_release_of_somebody_else_is_taken_over_by_what_it_lacks(shown: Preview, kind: ActionKind) -> None:
    """An upgrade that would change nothing waits for one that does; until then it is not ours, and never pruned."""
    found = action(Unclaimed(stored(revision=2)), shown)
    assert found.kind is kind
    assert (found.work is None) == (kind is ActionKind.NONE)


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        pytest.param([preview(None, AFTER)], "drifted: ConfigMap shop/api is gone", id="gone"),
        pytest.param(
            [preview(config_map(**dict.fromkeys("abcdef", "1")), config_map(**dict.fromkeys("abcdef", "2")))],
            "drifted: ConfigMap shop/api data.a, data.b, data.c, data.d and 2 more",
            id="many fields",
        ),
        pytest.param(
            _many(5),
            "drifted: ConfigMap shop/c0 data.a; ConfigMap shop/c1 data.a; ConfigMap shop/c2 data.a; and 2 more objects",
            id="many objects",
        ),
        pytest.param(
            [
                preview(
                    {
                        **BEFORE,
                        "metadata": {
                            "name": "api",
                            "managedFields": [{"manager": "k9s", "time": "t", "fieldsV1": {"f:data": {"f:a": {}}}}],
                        },
                    },
                    AFTER,
                )
            ],
            "drifted: ConfigMap shop/api data.a (by k9s at t)",
            id="with its writer",
        ),
    ],
)
def test_drift_in_words(objects: list[Preview], reason: str) -> None:
    """What drifted and who wrote it, cut short and counted where it is much."""
    assert action(SETTLED, *objects).reason == reason


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param(
            Locked(PENDING, NOW),
            "another operation is in progress: revision 4 is pending-upgrade since 2026-01-02 12:00:00 UTC; "
            "if its run is dead, use --break-lock",
            id="locked",
        ),
        pytest.param(
            Retired(stored(status=ReleaseStatus.UNINSTALLED)),
            "it was uninstalled and its history was kept, which Helm does not install over; "
            "drop the history with `helm uninstall api -n shop`",
            id="retired",
        ),
        pytest.param(
            Foreign(stored(), "production"),
            'it belongs to the environment "production"; rename it, or remove it there first',
            id="foreign",
        ),
    ],
)
def test_what_must_not_be_touched_is_blocked(state: State, said: str) -> None:
    """The reason says why, and what a person can do."""
    found = action(state, DIFFERS)
    assert (found.kind, found.reason, found.changes, found.work) == (ActionKind.BLOCKED, said, (), None)


@pytest.mark.parametrize("state", [NotInstalled(), Outdated(stored(), ("x",)), Stuck(PENDING), SETTLED])
def test_a_refusal_wins(state: State) -> None:
    """What the server or the templates refuse is not tried, whatever else would change; all refusals are told."""
    assert action(state, DIFFERS, REFUSED).reason == "ConfigMap shop/api: no"
    both = action(state, REFUSED, refusal="template failed")
    assert (both.kind, both.reason) == (ActionKind.BLOCKED, "template failed; ConfigMap shop/api: no")


def test_what_the_server_has_not_checked_becomes_a_check() -> None:
    """Objects that could not be verified at plan time are checked before Helm writes anything."""
    found = action(NotInstalled(), UNVERIFIED, preview(None, config_map("other")))
    assert isinstance(found.work, WriteRelease)
    assert found.work.checks == ((CONFIG_MAP, AFTER),)
    assert [change.verified for change in found.changes] == [False, True]


def test_a_deletion_is_no_check() -> None:
    """What goes away cannot be refused."""
    found = action(Outdated(stored(), ("x",)), preview(BEFORE, None))
    assert isinstance(found.work, WriteRelease)
    assert found.work.checks == ()
    assert [change.verb for change in found.changes] == [Verb.DELETE]


def test_secrets_are_masked_in_reasons_and_changes() -> None:
    """Helm's words, the server's words, paths and values: a secret shows in none of them."""
    hidden = ("s3cret-password",)
    leaky = preview(config_map(a="x"), config_map(a="my s3cret-password", **{"s3cret-password": "b"}))
    refused = preview(BEFORE, None, refusal='invalid: "s3cret-password"')
    found = [
        action(Outdated(stored(), ("revision 1 is failed: s3cret-password",)), leaky, hidden=hidden),
        action(SETTLED, leaky, hidden=hidden),
        action(SETTLED, refused, hidden=hidden),
        action(NotInstalled(), refusal="s3cret-password is wrong", hidden=hidden),
    ]
    for item in found:
        shown = f"{item.reason} {item.changes}"
        assert "s3cret-password" not in shown
        assert MASK in shown
    assert isinstance(found[0].work, WriteRelease)
    assert "s3cret-password" not in found[0].work.description


OURS: JsonMap = {"reconciler/environment": "staging", "app.kubernetes.io/managed-by": "reconciler"}


def own_action(live: JsonMap | None, *objects: Preview) -> Action:
    """What is decided about the namespace shop."""
    wanted = desired(namespaces=[namespace(tier="one")])
    found = {item.id: live for item in wanted.namespaces} if live else {}
    own = classify_own(wanted, observed(namespaces=found))
    (made,) = build_plan(wanted, own, {}, {own[0].target: TargetPreview(objects)} if objects else {}).actions
    return made


def _namespace(**labels: str) -> JsonMap:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}


@pytest.mark.parametrize(
    ("live", "kind", "reason"),
    [
        pytest.param(None, ActionKind.CREATE, "does not exist", id="new"),
        pytest.param(_namespace(), ActionKind.UPDATE, "takes over a namespace that exists already", id="taken over"),
        pytest.param(
            _namespace(**{"reconciler/environment": "staging"}),
            ActionKind.UPDATE,
            "differs: Namespace shop metadata.labels.tier",
            id="differs",
        ),
        pytest.param(
            _namespace(**{"reconciler/environment": "production"}),
            ActionKind.BLOCKED,
            'it belongs to the environment "production"; here, set `manage: false` on it',
            id="taken",
        ),
    ],
)
def test_namespaces(live: JsonMap | None, kind: ActionKind, reason: str) -> None:
    """Made, taken over, put right, or left to whom they belong."""
    after = _namespace(tier="one", **({"reconciler/environment": "staging"} if live else {}))
    found = own_action(live, preview(live, after))
    assert (found.kind, found.reason) == (kind, reason)
    if kind is not ActionKind.BLOCKED:
        assert isinstance(found.work, ApplyObjects)
        assert found.work.manager == "reconciler"


def test_a_namespace_that_is_as_it_should_be() -> None:
    """Without a preview, or with one that changes nothing, there is nothing to do."""
    live = _namespace(tier="one", **{str(key): str(value) for key, value in OURS.items()})
    assert own_action(live).kind is ActionKind.NONE
    assert own_action(_namespace(), preview(live, live)).kind is ActionKind.NONE


def test_a_refused_namespace_is_blocked() -> None:
    """The server's own words."""
    found = own_action(None, preview(None, None, refusal="Namespace shop: no"))
    assert (found.kind, found.reason) == (ActionKind.BLOCKED, "Namespace shop: no")


def test_secrets_of_the_environment_are_hidden() -> None:
    """The plan of a new Secret shows its keys, never its values, though the work has them."""
    wanted = desired(secrets=[secret(password="s3cret-password")], hidden=["s3cret-password"])
    own = classify_own(wanted, observed())
    asked = preview(None, own[0].item, identity=own[0].id)
    (found,) = build_plan(wanted, own, {}, {own[0].target: TargetPreview((asked,))}).actions
    assert found.kind is ActionKind.CREATE
    assert "czNjcmV0LXBhc3N3b3Jk" not in repr(found)
    assert isinstance(found.work, ApplyObjects)
    assert found.work.items == ((own[0].id.kind, own[0].item),)


def test_the_plan_counts_its_changes() -> None:
    """What is blocked or as it should be changes nothing."""
    wanted = desired(release(), namespaces=[namespace()])
    own = classify_own(wanted, observed())
    made = build_plan(
        wanted, own, {API: Foreign(stored(), "x")}, {own[0].target: TargetPreview((preview(None, _namespace()),))}
    )
    assert (made.environment, made.changes, [item.target for item in made.blocked]) == ("staging", 1, [API])


RECREATED = replace(
    preview(BEFORE, AFTER, verified=False, refusal="ConfigMap shop/api: field is immutable", note="it is made anew"),
    obstacles=frozenset({Obstacle.IMMUTABLE}),
)
ADOPTED = replace(preview(BEFORE, AFTER, refusal="it exists"), obstacles=frozenset({Obstacle.UNOWNED}))
ALL = Consent(tuple((risk, "*") for risk in Risk), recreate=("*",))


def planned(state: State, *objects: Preview, consent: Consent = NO_CONSENT, policy: Policy = DEFAULT_POLICY) -> Plan:
    """The plan for a release in this state."""
    wanted = replace(desired(release()), policy=policy)
    return build_plan(wanted, (), {API: state}, {API: TargetPreview(objects)}, consent=consent)


@pytest.mark.parametrize("state", [NotInstalled(), Outdated(stored(), ("x",)), SETTLED])
@pytest.mark.parametrize(
    ("item", "first", "verb"),
    [
        (RECREATED, Recreation(RECREATED.id, "", Cascade.FOREGROUND), Verb.REPLACE),
        (ADOPTED, Adoption(ADOPTED.id, "", API), Verb.UPDATE),
    ],
)
def test_what_is_in_the_way_takes_leave(state: State, item: Preview, first: Preparation, verb: Verb) -> None:
    """Without it the release is blocked, not the plan; with it the work says what is done first."""
    (blocked,) = planned(state, item).actions
    assert (blocked.kind, blocked.work) == (ActionKind.BLOCKED, None)
    assert "; allow it with `--allow" in blocked.reason
    assert [label.leave for label in blocked.risks] == [Leave.ASK]
    assert planned(state, item).refusals == ()

    (found,) = planned(state, item, consent=ALL).actions
    assert isinstance(found.work, ApplyObjects | WriteRelease)
    assert found.work.first == (first,)
    assert [change.verb for change in found.changes] == [verb]
    assert [label.leave for label in found.risks] == [Leave.ALLOW]
    if isinstance(found.work, WriteRelease):
        assert found.work.checks == ()


def test_a_risk_without_leave_refuses_the_whole_plan() -> None:
    """The action stays as it is, so that it can be seen what is refused."""
    lost = preview({**BEFORE, "kind": "PersistentVolumeClaim"}, None)
    lost = replace(lost, desired=None)
    refused, allowed = (planned(Outdated(stored(), ("x",)), lost, consent=consent) for consent in (NO_CONSENT, ALL))
    assert [refusal.guard for refusal in refused.refusals] == ["deletes-data"]
    assert [item.kind for item in refused.actions] == [ActionKind.UPGRADE]
    assert allowed.refusals == ()


def test_the_release_of_somebody_else_is_a_risk_of_its_own() -> None:
    """Allowed unless the policy says otherwise; and none where nothing is done."""
    never = Policy(risks={Risk.TAKES_OWNERSHIP: Leave.NEVER})
    theirs, as_desired = Outdated(stored(labels={}), ("takes over",)), Unclaimed(stored(labels={}))
    assert [label.risk for label in planned(theirs).actions[0].risks] == [Risk.TAKES_OWNERSHIP]
    (blocked,) = planned(theirs, policy=never).actions
    assert (blocked.kind, blocked.reason) == (
        ActionKind.BLOCKED,
        "it was not installed by reconciler; `policy.risks` says `takes-ownership: never`",
    )
    (nothing,) = planned(as_desired, policy=never).actions
    assert (nothing.kind, nothing.risks) == (ActionKind.NONE, ())


def test_a_record_that_is_nearly_too_large_is_a_risk() -> None:
    """Of the release as a whole."""
    wanted = desired(release())
    made = build_plan(wanted, (), {API: NotInstalled()}, {API: TargetPreview(record="89 % of it")})
    assert [(label.risk, label.object, label.message) for label in made.actions[0].risks] == [
        (Risk.NEAR_SIZE_LIMIT, None, "89 % of it")
    ]


def test_a_secret_of_nobody_takes_leave() -> None:
    """It is not overwritten by accident; with leave it is, and the plan says that it is taken over."""
    wanted = desired(secrets=[secret(password="s3cret-password")], hidden=["s3cret-password"])
    live: JsonMap = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "data": {"x": "eA=="}}
    own = classify_own(wanted, observed(secrets={wanted.secrets[0].id: live}))
    previews: dict[Target, TargetPreview] = {
        own[0].target: TargetPreview((preview(live, own[0].item, identity=own[0].id),))
    }
    (blocked,) = build_plan(wanted, own, {}, previews).actions
    assert (blocked.kind, blocked.reason) == (
        ActionKind.BLOCKED,
        ("it exists already and was not made by reconciler; allow it with `--allow takes-ownership=secret/shop/db`"),
    )
    (found,) = build_plan(wanted, own, {}, previews, consent=ALL).actions
    assert (found.kind, found.reason) == (ActionKind.UPDATE, "takes over a secret that exists already")
    assert "s3cret" not in repr(found)
