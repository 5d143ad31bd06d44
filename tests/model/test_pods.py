"""Pods: their containers, what they need, and who owns them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.json import JsonMap, text_at
from reconciler.model.pods import CONFIG_MAP, SECRET, Reference, below, containers, is_well, references, secret_names


def pod(spec: dict[str, Any], **status: Any) -> JsonMap:
    """A pod of the namespace `shop`."""
    metadata = {"name": "p", "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def test_containers_with_their_status() -> None:
    """In the order in which they start, each with its own status, or none yet."""
    spec = {"initContainers": [{"name": "i", "image": "i:1"}], "containers": [{"name": "a"}, {"name": "b"}]}
    status = {"name": "b", "restartCount": 3, "lastState": {"terminated": {"exitCode": 7}}}
    init, first, second = containers(pod(spec, containerStatuses=[status, "odd"]))
    assert [(item.name, item.is_init) for item in (init, first, second)] == [("i", True), ("a", False), ("b", False)]
    assert (init.image, first.status, first.exit_code, first.waiting) == ("i:1", {}, 0, {})
    assert (second.restarts, second.exit_code, second.is_running, second.is_ready) == (3, 7, False, False)


def test_an_init_container_is_ready_when_it_is_done() -> None:
    """It is not expected to serve."""
    states = {"done": {"exitCode": 0}, "failed": {"exitCode": 1}}
    spec = {"initContainers": [{"name": name} for name in states]}
    statuses = [{"name": name, "state": {"terminated": state}} for name, state in states.items()]
    found = {item.name: item.is_ready for item in containers(pod(spec, initContainerStatuses=statuses))}
    assert found == {"done": True, "failed": False}


@pytest.mark.parametrize(
    ("status", "well"),
    [
        ({"phase": "Succeeded"}, True),
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}, True),
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}, False),
        ({"phase": "Pending"}, False),
        ({}, False),
    ],
)
def test_pods_that_are_well(status: dict[str, Any], *, well: bool) -> None:
    """Those that serve, and those that have done their work."""
    assert is_well(pod({}, **status)) is well


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            {"imagePullSecrets": [{"name": "r"}, {}]},
            [Reference(SECRET, "shop", "r", "", is_pull_secret=True)],
            id="pull secrets",
        ),
        pytest.param(
            {"volumes": [{"name": "v", "secret": {"secretName": "s"}}, {"name": "w", "configMap": {"name": "c"}}]},
            [Reference(SECRET, "shop", "s", ""), Reference(CONFIG_MAP, "shop", "c", "")],
            id="volumes",
        ),
        pytest.param(
            {"volumes": [{"name": "v", "secret": {"secretName": "s", "items": [{"key": "a"}, {"key": "b"}]}}]},
            [Reference(SECRET, "shop", "s", "a"), Reference(SECRET, "shop", "s", "b")],
            id="keys of a volume",
        ),
        pytest.param(
            {"volumes": [{"projected": {"sources": [{"secret": {"name": "s"}}, {"configMap": {"name": "c"}}]}}]},
            [Reference(SECRET, "shop", "s", ""), Reference(CONFIG_MAP, "shop", "c", "")],
            id="projected volumes",
        ),
        pytest.param(
            {"containers": [{"name": "a", "envFrom": [{"secretRef": {"name": "s"}}, {"configMapRef": {"name": "c"}}]}]},
            [Reference(SECRET, "shop", "s", ""), Reference(CONFIG_MAP, "shop", "c", "")],
            id="envFrom",
        ),
        pytest.param(
            {
                "initContainers": [
                    {"name": "a", "env": [{"name": "V", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}
                ]
            },
            [Reference(SECRET, "shop", "s", "k")],
            id="env of an init container",
        ),
        pytest.param(
            {"volumes": [{"name": "v", "secret": {"secretName": "s", "optional": True}}]}, [], id="an optional one"
        ),
        pytest.param({"volumes": "odd", "containers": [{"env": [{"name": "V", "value": "1"}]}]}, [], id="none"),
    ],
)
def test_what_a_pod_needs(spec: dict[str, Any], expected: list[Reference]) -> None:
    """Every Secret and ConfigMap that it cannot start without."""
    assert list(references(pod(spec))) == expected


def test_the_secrets_that_a_pod_may_know() -> None:
    """Those that it could do without as well, each once; no ConfigMap."""
    wanted = [{"secretRef": {"name": "s", "optional": True}}, {"configMapRef": {"name": "c"}}, {"secretRef": {}}]
    spec = {"imagePullSecrets": [{"name": "p"}], "containers": [{"name": "a", "envFrom": wanted}, {"envFrom": wanted}]}
    assert secret_names(pod(spec)) == ("p", "s")


def owned(uid: str, *owners: str, created: str = "2026-01-01T00:00:00Z") -> JsonMap:
    """An object with owners."""
    references_to: Any = [{"uid": owner} for owner in owners]
    return {"metadata": {"uid": uid, "name": uid, "ownerReferences": references_to, "creationTimestamp": created}}


def test_what_an_object_owns() -> None:
    """All the way down, the newest of each level first; what belongs to others is left out."""
    items = [
        owned("old", "root", created="2026-01-01T00:00:00Z"),
        owned("new", "root", created="2026-01-02T00:00:00Z"),
        owned("pod", "new"),
        owned("other", "somebody"),
    ]
    assert [text_at(item, "metadata", "name") for item in below(owned("root"), items)] == ["root", "new", "old", "pod"]


def test_owners_that_own_each_other_end() -> None:
    """Nothing from a server is trusted, cycles included."""
    items = [owned("a", "root", "b"), owned("b", "a")]
    assert {text_at(item, "metadata", "name") for item in below(owned("root"), items)} == {"root", "a", "b"}
