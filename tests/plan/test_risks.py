"""Each rule by a table: the change of an object → what it costs, or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap
from reconciler.model.observed import Obstacle, Preview
from reconciler.model.policy import Risk
from reconciler.plan.risks import Hazard, object_hazards

MIB = 1_048_576
DEFINITION = "CustomResourceDefinition.apiextensions.k8s.io/v1"


def change(
    kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None, *obstacles: Obstacle, refused: bool = False
) -> Preview:
    """The change of an object `NAME.API_VERSION` with these fields; None where there is no object."""
    name, _, version = kind.partition(".")
    identity = ObjectId(Kind(version, name), "shop", "api")

    def item(fields: dict[str, Any] | None) -> JsonMap | None:
        return None if fields is None else {"apiVersion": version, "kind": name, "metadata": {"name": "api"}, **fields}

    wanted = item(after)
    return Preview(
        identity, item(before), wanted, None if refused else wanted, verified=True, obstacles=frozenset(obstacles)
    )


def spec(**fields: Any) -> dict[str, Any]:
    """An object with a spec."""
    return {"spec": fields}


def found(preview: Preview) -> dict[Risk, str]:
    """The risks of a change."""
    hazards = list(object_hazards([preview]))
    assert all(hazard.object == preview.id for hazard in hazards)
    return {hazard.risk: hazard.message for hazard in hazards}


OLD, NEW = {"spec": {"x": 1}}, {"spec": {"x": 2}}
DEPLOYMENT, STATEFUL_SET, DAEMON_SET = "Deployment.apps/v1", "StatefulSet.apps/v1", "DaemonSet.apps/v1"


@pytest.mark.parametrize(
    ("kind", "before", "after", "said"),
    [
        pytest.param(
            DEPLOYMENT,
            spec(replicas=3, template=OLD),
            spec(replicas=3, template=NEW),
            "3 pods, a few at a time",
            id="rolling",
        ),
        pytest.param(
            DEPLOYMENT,
            spec(template=OLD),
            spec(replicas=1, strategy={"type": "Recreate"}, template=NEW),
            "1 pod, all at once",
            id="all at once",
        ),
        pytest.param(STATEFUL_SET, spec(template=OLD), spec(template=NEW), "1 pod, a few at a time", id="StatefulSet"),
        pytest.param(DAEMON_SET, spec(template=OLD), spec(template=NEW), "one on each node", id="DaemonSet"),
        pytest.param(DEPLOYMENT, spec(template=OLD, x=1), spec(template=OLD, x=2), None, id="not the template"),
        pytest.param(DEPLOYMENT, spec(template=OLD), spec(replicas=0, template=NEW), None, id="no pods"),
        pytest.param(DEPLOYMENT, spec(template=OLD), spec(paused=True, template=NEW), None, id="paused"),
        pytest.param(
            DAEMON_SET, spec(template=OLD), spec(updateStrategy={"type": "OnDelete"}, template=NEW), None, id="OnDelete"
        ),
        pytest.param("CronJob.batch/v1", spec(template=OLD), spec(template=NEW), None, id="pods that come later"),
        pytest.param(DEPLOYMENT, None, spec(template=NEW), None, id="new"),
        pytest.param(DEPLOYMENT, spec(template=OLD), None, None, id="deleted"),
    ],
)
def test_restarts_pods(kind: str, before: dict[str, Any], after: dict[str, Any] | None, said: str | None) -> None:
    """A change of the template, where there are pods and the controller replaces them by itself."""
    assert found(change(kind, before, after)).get(Risk.RESTARTS_PODS) == said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (spec(replicas=3), spec(replicas=0), "from 3 pods"),
        (spec(replicas=1), spec(replicas=0), "from 1 pod"),
        (spec(replicas=3), spec(replicas=1), None),
        (spec(replicas=3), spec(x=1), None),
        (spec(replicas=0), spec(replicas=0, x=1), None),
        (None, spec(replicas=0), None),
        (spec(replicas=3), None, None),
    ],
)
def test_scales_to_zero(before: dict[str, Any] | None, after: dict[str, Any] | None, said: str | None) -> None:
    """What had pods has none afterwards."""
    assert found(change(DEPLOYMENT, before, after)).get(Risk.SCALES_TO_ZERO) == said


def _claims(when: str, replicas: int, template: str = "data") -> dict[str, Any]:
    claims = [{"metadata": {"name": template}}] if template else []
    return spec(
        replicas=replicas,
        volumeClaimTemplates=claims,
        persistentVolumeClaimRetentionPolicy={when: "Delete"},
        x=replicas,
    )


@pytest.mark.parametrize(
    ("kind", "before", "after", "said"),
    [
        pytest.param("PersistentVolumeClaim.v1", {}, None, "what is in its volume goes", id="claim"),
        pytest.param("PersistentVolume.v1", {}, None, "what is in it may go", id="volume"),
        pytest.param("Namespace.v1", {}, None, "all that is in it goes", id="namespace"),
        pytest.param(
            DEFINITION, spec(names={"kind": "Thing"}), None, "every Thing of the cluster goes with it", id="definition"
        ),
        pytest.param(STATEFUL_SET, _claims("whenDeleted", 1), None, "its volume claims go with it", id="StatefulSet"),
        pytest.param(STATEFUL_SET, _claims("whenScaled", 1), None, None, id="a StatefulSet that keeps them"),
        pytest.param(
            STATEFUL_SET,
            _claims("whenScaled", 3),
            _claims("whenScaled", 1),
            "the volume claims of 2 pods go with the pods",
            id="scaled down",
        ),
        pytest.param(STATEFUL_SET, _claims("whenDeleted", 3), _claims("whenDeleted", 1), None, id="scaled, and kept"),
        pytest.param(
            STATEFUL_SET, _claims("whenScaled", 3, ""), _claims("whenScaled", 1, ""), None, id="scaled, without claims"
        ),
        pytest.param("ConfigMap.v1", {}, None, None, id="no data"),
        pytest.param("Namespace.example.com/v1", {}, None, None, id="another kind of that name"),
        pytest.param("PersistentVolumeClaim.v1", OLD, NEW, None, id="changed"),
        pytest.param("PersistentVolumeClaim.v1", None, NEW, None, id="new"),
    ],
)
def test_deletes_data(kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None, said: str | None) -> None:
    """What holds data is deleted."""
    told = found(change(kind, before, after)).get(Risk.DELETES_DATA)
    assert (said in str(told)) if said else told is None


def test_what_is_made_anew_loses_its_data_as_well() -> None:
    """A claim with another storage class is deleted first; one that is only refused stays."""
    anew = change("PersistentVolumeClaim.v1", OLD, NEW, Obstacle.IMMUTABLE)
    assert set(found(anew)) == {Risk.DELETES_DATA, Risk.MUST_RECREATE}
    assert found(change("PersistentVolumeClaim.v1", OLD, NEW, refused=True)) == {}


def _definition(*versions: tuple[str, bool], stored: tuple[str, ...] = ()) -> dict[str, Any]:
    listed = [{"name": name, "served": served} for name, served in versions]
    return {"spec": {"versions": listed}, "status": {"storedVersions": list(stored)}}


BOTH = _definition(("v1", True), ("v2", True), stored=("v1",))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param(
            BOTH, _definition(("v2", True)), "no longer serves v1; objects may still be stored as v1", id="stored"
        ),
        pytest.param(BOTH, _definition(("v1", True), ("v2", False)), "no longer serves v2", id="not served"),
        pytest.param(BOTH, _definition(("v1", True), ("v2", True), ("v3", True)), None, id="one more"),
        pytest.param(None, BOTH, None, id="new"),
        pytest.param(BOTH, None, None, id="deleted: that is another risk"),
        pytest.param(_definition(("v1", False)), _definition(("v2", True)), None, id="was not served"),
    ],
)
def test_drops_crd_version(before: dict[str, Any] | None, after: dict[str, Any] | None, said: str | None) -> None:
    """A version that was served is served no more."""
    assert found(change(DEFINITION, before, after)).get(Risk.DROPS_CRD_VERSION) == said


def test_a_crd_version_that_the_server_keeps_is_named_too() -> None:
    """It refuses to drop a stored version; the risk says which."""
    assert Risk.DROPS_CRD_VERSION in found(change(DEFINITION, BOTH, _definition(("v2", True)), refused=True))


@pytest.mark.parametrize(
    ("kind", "fields", "is_near"),
    [
        ("ConfigMap.v1", {"data": {"a": "x" * (MIB * 9 // 10)}}, True),
        ("ConfigMap.v1", {"data": {"a": "x" * (MIB * 7 // 10)}}, False),
        ("ConfigMap.v1", {"data": {"a": "x" * (MIB // 2)}, "binaryData": {"b": "eHh4" * (MIB // 8)}}, True),
        ("Secret.v1", {"data": {"a": "eHh4" * (MIB * 3 // 10)}}, True),
        ("Secret.v1", {"data": {"a": "eHh4" * (MIB * 2 // 10)}}, False),
        ("Other.v1", {"data": {"a": "x" * MIB}}, False),
        ("Secret.example.com/v1", {"data": {"a": "x" * 2 * MIB}}, False),
    ],
)
def test_near_size_limit(kind: str, fields: dict[str, Any], *, is_near: bool) -> None:
    """Four fifths of what it can hold, counted as the server counts; only of what changes."""
    assert (Risk.NEAR_SIZE_LIMIT in found(change(kind, None, fields))) is is_near
    assert found(change(kind, fields, fields)) == {}


@pytest.mark.parametrize(
    ("kind", "before", "after", "said"),
    [
        (DEPLOYMENT, OLD, NEW, "it is deleted and made anew; its pods end before new ones start"),
        (STATEFUL_SET, OLD, NEW, "it is deleted and made anew; its pods and their volume claims stay"),
        (
            STATEFUL_SET,
            spec(selector={"a": 1}),
            spec(selector={"a": 2}),
            "it is deleted and made anew; its pods end before new ones start, their volume claims stay",
        ),
        ("Job.batch/v1", OLD, NEW, "it is deleted and made anew, so it runs again"),
        ("RoleBinding.rbac.authorization.k8s.io/v1", OLD, NEW, "it is deleted and made anew"),
    ],
)
def test_must_recreate(kind: str, before: dict[str, Any], after: dict[str, Any], said: str) -> None:
    """With what it costs; that its pods restart is a part of it."""
    assert found(change(kind, before, after, Obstacle.IMMUTABLE)) == {Risk.MUST_RECREATE: said}


def test_takes_ownership() -> None:
    """Also where nothing but the marks of ownership would change."""
    assert found(change("ConfigMap.v1", OLD, OLD, Obstacle.UNOWNED)) == {
        Risk.TAKES_OWNERSHIP: "belongs to no release yet"
    }


@pytest.mark.parametrize("junk", [None, "text", 3, [None], {"template": None, "versions": "x", "replicas": "3"}])
@pytest.mark.parametrize("kind", [DEPLOYMENT, STATEFUL_SET, DEFINITION, "Secret.v1"])
def test_objects_of_no_shape_are_no_risk(kind: str, junk: Any) -> None:
    """Servers and charts may send anything."""
    assert found(change(kind, {"spec": junk, "data": junk}, {"spec": junk, "data": 1})) == {}
    anew = change(kind, {"spec": junk, "data": junk}, {"spec": junk, "data": 1}, Obstacle.IMMUTABLE)
    assert Risk.MUST_RECREATE in found(anew)


def test_each_object_for_itself() -> None:
    """In their order, most severe first."""
    claim = change("PersistentVolumeClaim.v1", {}, None)
    nothing = change("ConfigMap.v1", OLD, OLD)
    scaled = replace(change(DEPLOYMENT, spec(replicas=1, template=OLD), spec(replicas=0, template=NEW)))
    assert [(hazard.risk, hazard.object) for hazard in object_hazards([claim, nothing, scaled])] == [
        (Risk.DELETES_DATA, claim.id),
        (Risk.SCALES_TO_ZERO, scaled.id),
    ]
    assert isinstance(next(object_hazards([claim])), Hazard)
