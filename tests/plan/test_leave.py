"""Who may take a risk: what the policy says, what a flag allows this once, and how that is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.identity import Kind, NamespaceId, ObjectId, SecretId, Target
from reconciler.model.observed import Obstacle
from reconciler.model.plan import Action, ActionKind, Refusal, RiskLabel
from reconciler.model.policy import NO_CONSENT, Consent, Leave, Policy, Risk
from reconciler.model.secret import Mask, SecretText
from reconciler.plan.leave import Leaves, leaves_of
from reconciler.plan.risks import Hazard
from tests.plan.factories import API, config_map, desired, preview, release

CLAIM = ObjectId(Kind("v1", "PersistentVolumeClaim"), "shop", "data")
SETTINGS = ObjectId(Kind("v1", "ConfigMap"), "shop", "api")
DB, SHOP = SecretId("main", "shop", "db"), NamespaceId("main", "shop")


def leaves(policy: Policy | None = None, consent: Consent = NO_CONSENT, *, several: bool = False) -> Leaves:
    """Leave by this policy and consent."""
    return Leaves(policy or Policy(), consent, several, Mask.of([SecretText("s3cret-password")]))


def leave(given: Leaves, risk: Risk, item: ObjectId | None = None, target: Target = API) -> Leave:
    """Whether a risk may be taken."""
    return given.label(Hazard(risk, item, "x"), target).leave


@pytest.mark.parametrize(
    ("risk", "item", "target", "expected"),
    [
        (Risk.RESTARTS_PODS, CLAIM, API, Leave.ALLOW),
        (Risk.SCALES_TO_ZERO, CLAIM, API, Leave.ALLOW),
        (Risk.NEAR_SIZE_LIMIT, None, API, Leave.ALLOW),
        (Risk.DOWNGRADE, None, API, Leave.ALLOW),
        (Risk.MUST_RECREATE, SETTINGS, API, Leave.ASK),
        (Risk.DELETES_DATA, CLAIM, API, Leave.ASK),
        (Risk.DROPS_CRD_VERSION, CLAIM, API, Leave.ASK),
        (Risk.TAKES_OWNERSHIP, SETTINGS, API, Leave.ASK),
        (Risk.TAKES_OWNERSHIP, None, DB, Leave.ASK),
        (Risk.TAKES_OWNERSHIP, None, API, Leave.ALLOW),
        (Risk.TAKES_OWNERSHIP, None, SHOP, Leave.ALLOW),
    ],
)
def test_without_a_word(risk: Risk, item: ObjectId | None, target: Target, expected: Leave) -> None:
    """What every upgrade does is shown; what loses data or takes from others is asked about."""
    assert leave(leaves(), risk, item, target) is expected


@pytest.mark.parametrize("said", list(Leave))
@pytest.mark.parametrize("risk", list(Risk))
def test_the_policy_has_the_word(risk: Risk, said: Leave) -> None:
    """For every risk, also where a release as a whole is taken over."""
    given = leaves(Policy(risks={risk: said}))
    assert leave(given, risk, SETTINGS) is said
    assert leave(given, risk) is said


@pytest.mark.parametrize(
    ("consent", "allowed"),
    [
        (((Risk.DELETES_DATA, "*"),), True),
        (((Risk.DELETES_DATA, "persistentvolumeclaim/shop/data"),), True),
        (((Risk.DELETES_DATA, "PersistentVolumeClaim/shop/d*"),), True),
        (((Risk.DELETES_DATA, "main:persistentvolumeclaim/*"),), True),
        (((Risk.DELETES_DATA, "release/shop/api"),), True),
        (((Risk.DELETES_DATA, "other:*"),), False),
        (((Risk.DELETES_DATA, "persistentvolumeclaim/shop/other"),), False),
        (((Risk.DOWNGRADE, "*"),), False),
        ((), False),
    ],
)
def test_a_flag_allows_it_this_once(consent: tuple[tuple[Risk, str], ...], *, allowed: bool) -> None:
    """By the name of the object, or of the release that it is of; never beyond what the policy asks about."""
    expected = Leave.ALLOW if allowed else Leave.ASK
    assert leave(leaves(consent=Consent(consent)), Risk.DELETES_DATA, CLAIM) is expected
    never = Policy(risks={Risk.DELETES_DATA: Leave.NEVER})
    assert leave(leaves(never, Consent(consent)), Risk.DELETES_DATA, CLAIM) is Leave.NEVER


def test_recreation_has_a_flag_of_its_own() -> None:
    """Per object; it allows nothing else."""
    given = leaves(consent=Consent(recreate=("configmap/shop/api",)))
    assert leave(given, Risk.MUST_RECREATE, SETTINGS) is Leave.ALLOW
    assert leave(given, Risk.MUST_RECREATE, CLAIM) is Leave.ASK
    assert leave(given, Risk.DELETES_DATA, SETTINGS) is Leave.ASK


def test_the_policy_names_what_may_be_adopted() -> None:
    """By patterns, which win over the rule for all others."""
    given = leaves(Policy(risks={Risk.TAKES_OWNERSHIP: Leave.NEVER}, adopt=("configmap/shop/*", "secret/shop/db")))
    assert leave(given, Risk.TAKES_OWNERSHIP, SETTINGS) is Leave.ALLOW
    assert leave(given, Risk.TAKES_OWNERSHIP, None, DB) is Leave.ALLOW
    assert leave(given, Risk.TAKES_OWNERSHIP, CLAIM) is Leave.NEVER


@pytest.mark.parametrize(
    ("label", "several", "way"),
    [
        (
            RiskLabel(Risk.MUST_RECREATE, SETTINGS, "", Leave.ASK),
            False,
            "allow it with `--allow-recreate configmap/shop/api`",
        ),
        (
            RiskLabel(Risk.DELETES_DATA, CLAIM, "", Leave.ASK),
            True,
            "allow it with `--allow deletes-data=main:persistentvolumeclaim/shop/data`",
        ),
        (RiskLabel(Risk.DOWNGRADE, None, "", Leave.ASK), False, "allow it with `--allow downgrade=release/shop/api`"),
        (RiskLabel(Risk.DOWNGRADE, None, "", Leave.NEVER), False, "`policy.risks` says `downgrade: never`"),
    ],
)
def test_how_leave_is_given(label: RiskLabel, *, several: bool, way: str) -> None:
    """The very flag, with the name to copy; with its cluster where there are several."""
    assert leaves(several=several).way(label, API) == way


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("risk", [Risk.MUST_RECREATE, Risk.DELETES_DATA])
def test_the_flag_that_is_told_is_the_one_that_works(risk: Risk, *, several: bool) -> None:
    """As it stands there, also where the names of object and cluster have colons."""
    role = ObjectId(Kind("rbac.authorization.k8s.io/v1", "Role"), "kube-system", "cert-manager:leaderelection")
    target = replace(API, cluster="arn:aws:eks:eu-west-1:1:cluster/shop")
    flag = leaves(several=several).way(RiskLabel(risk, role, "", Leave.ASK), target).split("`")[1]
    name = flag.split(" ")[1]
    said = Consent(recreate=(name,)) if risk is Risk.MUST_RECREATE else Consent(((risk, name.partition("=")[2]),))
    assert leave(leaves(consent=said, several=several), risk, role, target) is Leave.ALLOW


OBSTRUCTED = preview(config_map(a="1"), config_map(a="2"), refusal="ConfigMap shop/api: no")


@pytest.mark.parametrize(
    ("obstacles", "consent", "refusal"),
    [
        pytest.param((), NO_CONSENT, "ConfigMap shop/api: no", id="no leave helps"),
        pytest.param(
            (Obstacle.IMMUTABLE,),
            NO_CONSENT,
            "ConfigMap shop/api: no; allow it with `--allow-recreate configmap/shop/api`",
            id="immutable",
        ),
        pytest.param((Obstacle.IMMUTABLE,), Consent(recreate=("*",)), None, id="immutable, allowed"),
        pytest.param(
            (Obstacle.IMMUTABLE, Obstacle.UNOWNED),
            Consent(recreate=("*",)),
            "ConfigMap shop/api: no; allow it with `--allow takes-ownership=configmap/shop/api`",
            id="somebody else's besides",
        ),
        pytest.param(
            (Obstacle.IMMUTABLE, Obstacle.UNOWNED),
            Consent(((Risk.TAKES_OWNERSHIP, "*"),), recreate=("*",)),
            None,
            id="both allowed",
        ),
    ],
)
def test_what_is_permitted(obstacles: tuple[Obstacle, ...], consent: Consent, refusal: str | None) -> None:
    """A refusal goes when leave is given for all that is in the way; else it says what leave is missing."""
    asked = replace(OBSTRUCTED, obstacles=frozenset(obstacles))
    (found,) = leaves(consent=consent).permitted([asked], API)
    assert found == replace(asked, refusal=refusal)


def test_what_is_taken_over_as_a_whole_blocks_without_leave() -> None:
    """A secret by default; others where the policy says so. Risks that block nothing are not lacking here."""
    hazards = [Hazard(Risk.TAKES_OWNERSHIP, None, "made by others"), Hazard(Risk.DOWNGRADE, None, "older")]
    assert leaves().lacking(hazards, DB) == ["made by others; allow it with `--allow takes-ownership=secret/shop/db`"]
    assert leaves().lacking(hazards, API) == []
    asks = Policy(risks=dict.fromkeys(Risk, Leave.ASK))
    assert len(leaves(asks).lacking(hazards, API)) == 1


def action(kind: ActionKind, *labels: RiskLabel) -> Action:
    """What is done to the release, with these risks."""
    return Action(kind, API, "why", (), frozenset(), None, risks=labels)


def test_a_risk_without_leave_refuses_the_plan() -> None:
    """Each with its place and the flag; what is allowed, or blocked already, refuses nothing."""
    lost = RiskLabel(Risk.DELETES_DATA, CLAIM, "it goes", Leave.ASK)
    fine = RiskLabel(Risk.RESTARTS_PODS, SETTINGS, "1 pod", Leave.ALLOW)
    never = RiskLabel(Risk.DOWNGRADE, None, "older", Leave.NEVER)
    found = leaves().refusals([action(ActionKind.UPGRADE, lost, fine, never), action(ActionKind.BLOCKED, lost)])
    assert list(found) == [
        Refusal(
            "deletes-data",
            "release shop/api: PersistentVolumeClaim shop/data: it goes",
            "allow it with `--allow deletes-data=persistentvolumeclaim/shop/data`",
            (API,),
        ),
        Refusal("downgrade", "release shop/api: older; `policy.risks` says `downgrade: never`", None, (API,)),
    ]


def test_messages_are_masked() -> None:
    """A definition may be called like a secret."""
    label = leaves().label(Hazard(Risk.DELETES_DATA, CLAIM, "every s3cret-password goes"), API)
    assert "s3cret-password" not in label.message


def test_names_need_a_cluster_where_there_are_several() -> None:
    """An environment of one cluster names none."""
    wanted = desired(release())
    assert not leaves_of(wanted).several
    access = wanted.clusters["main"]
    assert leaves_of(replace(wanted, clusters={"main": access, "eu": replace(access, name="eu")})).several
