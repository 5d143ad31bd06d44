"""Namespaces and secrets of the environment: found as they should be, different, or taken."""

from __future__ import annotations

import base64

import pytest

from reconciler.model.identity import NamespaceId, SecretId
from reconciler.model.json import Json, JsonMap, as_map
from reconciler.model.manifest import RELEASE_NAME, RELEASE_NAMESPACE
from reconciler.model.policy import Risk
from reconciler.plan.own import OwnState, classify_own, own_hazards
from tests.plan.factories import desired, namespace, observed, secret

OURS: dict[str, Json] = {"reconciler/environment": "staging", "app.kubernetes.io/managed-by": "reconciler"}
BY_HELM: dict[str, Json] = {RELEASE_NAME: "base", RELEASE_NAMESPACE: "infra"}
LEFT = "or take its `meta.helm.sh/` annotations off if that release no longer has it"
PASSWORD = base64.b64encode(b"hunter2").decode()


def _live_namespace(labels: JsonMap, fields: Json = None) -> JsonMap:
    managed: list[Json] = [{"manager": "reconciler", "fieldsV1": fields}] if fields is not None else []
    metadata: JsonMap = {"name": "shop", "labels": labels, "managedFields": managed}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _live_secret(labels: JsonMap, data: JsonMap, kind: str = "Opaque", fields: Json = None) -> JsonMap:
    managed: list[Json] = [{"manager": "reconciler", "fieldsV1": fields}] if fields is not None else []
    metadata: JsonMap = {"name": "db", "namespace": "shop", "labels": labels, "managedFields": managed}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "data": data}


def of_namespace(live: JsonMap | None) -> OwnState:
    """The state of the namespace shop, which should carry tier=one."""
    found = {NamespaceId("main", "shop"): live} if live is not None else {}
    (state,) = classify_own(desired(namespaces=[namespace(tier="one")]), observed(namespaces=found))
    return state


def of_secret(live: JsonMap | None) -> OwnState:
    """The state of the Secret db, which should hold a password."""
    found = {SecretId("main", "shop", "db"): live} if live is not None else {}
    (state,) = classify_own(desired(secrets=[secret(password="hunter2")]), observed(secrets=found))
    return state


def test_what_a_namespace_should_hold() -> None:
    """The labels of the file, and the marks by which it is known as ours; the marks win."""
    (state,) = classify_own(
        desired(namespaces=[namespace(tier="one", **{"reconciler/environment": "forged"})]), observed()
    )
    assert state.item == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "shop", "labels": {"tier": "one", **OURS}, "annotations": {}},
    }
    assert (str(state.target), str(state.id)) == ("namespace shop", "Namespace shop")


def test_what_a_secret_should_hold() -> None:
    """Its values in base64, its type, and the marks; nothing of it is in the state's repr."""
    state = of_secret(None)
    assert state.item == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop", "labels": OURS},
        "type": "Opaque",
        "data": {"password": PASSWORD},
    }
    assert PASSWORD not in repr(state)


OWN_FIELDS: JsonMap = {"f:metadata": {"f:labels": {".": {}, "f:tier": {}, "f:reconciler/environment": {}}}}
EARLIER_FIELDS: JsonMap = {"f:metadata": {"f:labels": {"f:tier": {}, "f:dropped": {}}}}


@pytest.mark.parametrize(
    ("live", "settled"),
    [
        pytest.param(None, False, id="does not exist"),
        pytest.param(_live_namespace({"tier": "one", **OURS}), True, id="as it should be"),
        pytest.param(_live_namespace({"tier": "one", "by": "others", **OURS}, OWN_FIELDS), True, id="others' labels"),
        pytest.param(_live_namespace({"tier": "two", **OURS}), False, id="another value"),
        pytest.param(_live_namespace({"tier": "one"}), False, id="nobody's yet"),
        pytest.param(_live_namespace({"tier": "one", "dropped": "x", **OURS}, EARLIER_FIELDS), False, id="dropped"),
        pytest.param(_live_namespace({"tier": "one", **OURS}, {"f:spec": {"f:finalizers": {}}}), False, id="beyond"),
        pytest.param(_live_namespace({"tier": "one", **OURS}, "junk"), True, id="managedFields of no shape"),
        pytest.param({"metadata": {"labels": {"tier": "one", **OURS}, "managedFields": "junk"}}, False, id="no kind"),
    ],
)
def test_a_namespace_is_settled(live: JsonMap | None, *, settled: bool) -> None:
    """It holds what it should, and nothing that an earlier version of the file had put there."""
    assert of_namespace(live).as_it_should_be is settled


@pytest.mark.parametrize(
    ("live", "settled"),
    [
        pytest.param(None, False, id="does not exist"),
        pytest.param(_live_secret(OURS, {"password": PASSWORD}), True, id="as it should be"),
        pytest.param(_live_secret(OURS, {"password": PASSWORD, "more": "eA=="}), True, id="a key by somebody else"),
        pytest.param(_live_secret(OURS, {"password": "eA=="}), False, id="another value"),
        pytest.param(_live_secret(OURS, {}), False, id="no data"),
        pytest.param(
            _live_secret(
                OURS, {"password": PASSWORD, "old": "eA=="}, fields={"f:data": {"f:password": {}, "f:old": {}}}
            ),
            False,
            id="a key that the file has dropped",
        ),
    ],
)
def test_a_secret_is_settled(live: JsonMap | None, *, settled: bool) -> None:
    """The same for a Secret's data."""
    assert of_secret(live).as_it_should_be is settled


@pytest.mark.parametrize(
    ("live", "taken"),
    [
        pytest.param(None, None, id="does not exist"),
        pytest.param(_live_namespace({}), None, id="nobody's: it is taken over"),
        pytest.param(_live_namespace(OURS), None, id="ours"),
        pytest.param(
            _live_namespace({"reconciler/environment": "production"}),
            'it belongs to the environment "production"; here, set `manage: false` on it',
            id="another environment's",
        ),
        pytest.param(
            {"metadata": {"annotations": BY_HELM}},
            f"it belongs to release infra/base; here, set `manage: false` on it, {LEFT}",
            id="a release's: its next upgrade would fail",
        ),
        pytest.param(
            {"metadata": {"annotations": {**BY_HELM, "helm.sh/resource-policy": "keep"}}}, None, id="left by a release"
        ),
        pytest.param({"metadata": {"labels": OURS, "annotations": BY_HELM}}, None, id="ours, which a release had once"),
    ],
)
def test_whose_a_namespace_is(live: JsonMap | None, taken: str | None) -> None:
    """A namespace that exists is taken over unless another environment or a release has it."""
    assert of_namespace(live).taken == taken


@pytest.mark.parametrize(
    ("live", "taken"),
    [
        pytest.param(None, None, id="does not exist"),
        pytest.param(_live_secret(OURS, {}), None, id="ours"),
        pytest.param(_live_secret({}, {}), None, id="nobody's: whether it is taken over is asked"),
        pytest.param(_live_secret(OURS, {}, "kubernetes.io/tls"), None, id="of another type: the server is asked"),
        pytest.param(
            _live_secret({"reconciler/environment": "production"}, {}),
            'it belongs to the environment "production"; give this one another `name`',
            id="another environment's",
        ),
        pytest.param(
            {"metadata": {"labels": OURS, "annotations": {**BY_HELM, "helm.sh/resource-policy": "keep"}}},
            f"it belongs to release infra/base; give this one another `name`, {LEFT}",
            id="a release's, whatever else it carries: charts keep their passwords so",
        ),
    ],
)
def test_whose_a_secret_is(live: JsonMap | None, taken: str | None) -> None:
    """A Secret of others is never written to, and what to do is said."""
    assert of_secret(live).taken == taken


@pytest.mark.parametrize("state", [of_namespace(_live_namespace({})), of_secret(_live_secret({}, {}))])
def test_what_is_nobody_s_is_a_risk(state: OwnState) -> None:
    """It is taken over as a whole, and the plan says so."""
    (found,) = own_hazards(state)
    assert (found.risk, found.object) == (Risk.TAKES_OWNERSHIP, None)
    assert str(state.reason).startswith("takes over a ")


@pytest.mark.parametrize("state", [of_namespace(None), of_secret(None), of_secret(_live_secret(OURS, {}))])
def test_what_is_new_or_ours_is_none(state: OwnState) -> None:
    """There is nobody to take it from."""
    assert list(own_hazards(state)) == []


def test_what_is_being_deleted_is_not_applied_to() -> None:
    """It would vanish after an apply that said that all is well, with everything in it."""
    going: JsonMap = {"name": "shop", "labels": {**OURS, "tier": "one"}, "deletionTimestamp": "2026-11-25T10:00:00Z"}
    told = "it is being deleted since 2026-11-25T10:00:00Z: apply again when it is gone"
    assert of_namespace({"apiVersion": "v1", "kind": "Namespace", "metadata": going}).taken == told
    live = _live_secret(OURS, {"password": PASSWORD})
    assert of_secret({**live, "metadata": {**as_map(live["metadata"]), **going}}).taken == told
