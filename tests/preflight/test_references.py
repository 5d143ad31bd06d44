"""Names in objects: whether there is what they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.model.identity import Kind, ObjectId
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.surroundings import Unread
from reconciler.model.workloads import RenderedObject
from reconciler.preflight.references import Live, pointers, reference_checks
from tests.preflight.objects import PLACES, WHERE, container, deployment, rendered

SECRET = ObjectId(Kind("v1", "Secret"), "shop", "db")
CONFIG = ObjectId(Kind("v1", "ConfigMap"), "shop", "settings")

PASSWORD = {"secretKeyRef": {"name": "db", "key": "password"}}
KEY_REF = {"containers": [container(env=[{"name": "A", "valueFrom": PASSWORD}])]}
CLAIM = {"spec": {"storageClassName": "fast"}}


def checks(*items: RenderedObject, own: Mapping[ObjectId, Any] | None = None, live: Live | None = None) -> list[Check]:
    """The checks of everything that the objects name."""
    return list(reference_checks(pointers(items), own or {}, live or {}, items, PLACES))


@pytest.mark.parametrize(
    ("pod", "named"),
    [
        pytest.param(KEY_REF, "Secret shop/db", id="a key in a variable"),
        pytest.param(
            {"containers": [container(envFrom=[{"configMapRef": {"name": "settings"}}])]},
            "ConfigMap shop/settings",
            id="all as variables",
        ),
        pytest.param({"volumes": [{"secret": {"secretName": "db"}}]}, "Secret shop/db", id="a volume"),
        pytest.param(
            {"volumes": [{"projected": {"sources": [{"configMap": {"name": "settings"}}]}}]},
            "ConfigMap shop/settings",
            id="a projected volume",
        ),
        pytest.param(
            {"volumes": [{"persistentVolumeClaim": {"claimName": "data"}}]},
            "PersistentVolumeClaim shop/data",
            id="a claim",
        ),
        pytest.param({"serviceAccountName": "worker"}, "ServiceAccount shop/worker", id="a service account"),
        pytest.param({"priorityClassName": "high"}, "PriorityClass high", id="a priority"),
        pytest.param({"runtimeClassName": "gvisor"}, "RuntimeClass gvisor", id="a runtime"),
    ],
)
def test_what_pods_name(pod: dict[str, Any], named: str) -> None:
    """It does not exist: a failure at the release's place, with what to try."""
    (found,) = checks(deployment(pod=pod))
    assert (found.area, found.subject) == (Area.REFERENCES, f"{named} of Deployment shop/api")
    assert (found.status, found.where) == (Status.FAILED, WHERE)
    assert found.message == "it does not exist, and nothing in the environment makes it"
    assert found.hint


@pytest.mark.parametrize(
    ("item", "named"),
    [
        (rendered("PersistentVolumeClaim", spec={"storageClassName": "fast"}), "StorageClass fast"),
        (
            rendered("Ingress", spec={"ingressClassName": "nginx"}, version="networking.k8s.io/v1"),
            "IngressClass nginx",
        ),
        (
            rendered(
                "StatefulSet",
                spec={"volumeClaimTemplates": [CLAIM]},
                version="apps/v1",
            ),
            "StorageClass fast",
        ),
    ],
)
def test_what_other_objects_name(item: RenderedObject, named: str) -> None:
    """Classes of storage and of ingress."""
    (found,) = checks(item)
    assert (found.status, found.subject) == (Status.FAILED, f"{named} of {item.id}")


@pytest.mark.parametrize(
    "pod",
    [
        {"containers": [container(envFrom=[{"secretRef": {"name": "db", "optional": True}}])]},
        {"serviceAccountName": "default", "priorityClassName": "system-node-critical"},
        {"volumes": [{"configMap": {"name": "kube-root-ca.crt"}}]},
        {"volumes": [{"emptyDir": {}}], "imagePullSecrets": [{"name": "registry"}]},
    ],
)
def test_what_needs_not_to_be_there(pod: dict[str, Any]) -> None:
    """Optional ones, what each cluster makes, and pull secrets, which are looked at with their images."""
    assert checks(deployment(pod=pod)) == []


@pytest.mark.parametrize(
    ("item", "status", "message", "hint"),
    [
        ({"data": {"password": ""}}, Status.OK, "exists", None),
        ({"stringData": {"password": ""}}, Status.OK, "exists", None),
        ({"data": {"user": "", "pass": ""}}, Status.FAILED, "it has no key password", "its keys are: pass, user"),
        ({}, Status.FAILED, "it has no key password", "its keys are: none"),
        (Unread("secrets is forbidden"), Status.UNKNOWN, "whether it exists is not known: secrets is forbidden", None),
    ],
)
def test_keys(item: Any, status: Status, message: str, hint: str | None) -> None:
    """The Secret is there, and the key may still not be; values are never shown."""
    (found,) = checks(deployment(pod=KEY_REF), live={SECRET: item})
    assert (found.status, found.message, found.hint) == (status, message, hint)


def test_what_the_environment_makes() -> None:
    """It need not exist yet, and it counts before what is live."""
    own = {SECRET: {"data": {"password": ""}}}
    (found,) = checks(deployment(pod=KEY_REF), own=own, live={SECRET: {"data": {}}})
    assert (found.status, found.message) == (Status.OK, "made by the environment")


def test_a_controller_may_make_it() -> None:
    """A Certificate that names a Secret is going to fill it: no failure, but nobody knows."""
    maker = rendered("Certificate", "web", {"secretName": "db"}, version="cert-manager.io/v1")
    (found,) = checks(deployment(pod=KEY_REF), maker)
    assert (found.status, found.message) == (
        Status.WARNING,
        "it does not exist yet; Certificate shop/web may make it",
    )


def test_each_name_of_an_object_is_told_once_with_all_its_keys() -> None:
    """Two variables out of one ConfigMap are one thing to look at."""
    sources = [{"configMapKeyRef": {"name": "settings", "key": key}} for key in ("a", "b", "c")]
    env = [{"name": f"V{index}", "valueFrom": source} for index, source in enumerate(sources)]
    (found,) = checks(deployment(pod={"containers": [container(env=env)]}), live={CONFIG: {"data": {"b": ""}}})
    assert found.message == "it has no key a, c"
