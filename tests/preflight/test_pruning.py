"""What it takes to remove what the file no longer has; that it is enough is tested end to end."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from reconciler.model.cluster import Resource
from reconciler.model.identity import AccountId, Kind, NamespaceId, ObjectId, SecretId
from reconciler.model.orphans import EVERY, OrphanNamespace, OrphanRelease, Orphans, OrphanSecret
from reconciler.preflight.pruning import pruning_rights
from tests.plan.factories import API, CONFIG_MAP, RESOURCES, WHERE, config_map, live, object_id, stored

CLAIM = Kind("v1", "PersistentVolumeClaim")
SERVED = {**RESOURCES, CLAIM: Resource(CLAIM, "persistentvolumeclaims", namespaced=True)}


def rights(
    orphans: Orphans, left_alone: Collection[NamespaceId] = (), *, required: bool = True
) -> dict[tuple[str, str], set[str]]:
    """(Resource, namespace) → verbs."""
    found: dict[tuple[str, str], set[str]] = {}
    for need in pruning_rights(orphans, left_alone, SERVED, WHERE):
        if need.required == required:
            found.setdefault((need.right.resource, need.right.namespace), set()).add(need.right.verb)
    return found


def test_to_find_them() -> None:
    """What is not seen stays, and the plan says so: an apply works without."""
    nothing = Orphans("main", 0)
    assert rights(nothing) == {}
    assert rights(nothing, required=False) == {("namespaces", ""): {"list"}, ("secrets", ""): {"list"}}


def test_a_release() -> None:
    """Its objects, and Helm's records of it."""
    release = OrphanRelease(stored(), {object_id(): live(config_map())})
    assert rights(Orphans("main", 1, releases=(release,))) == {
        ("configmaps", "shop"): {"get", "delete"},
        ("secrets", "shop"): {"get", "list", "patch", "update", "delete"},
    }
    needs = pruning_rights(Orphans("main", 1, releases=(release,)), (), RESOURCES, WHERE)
    assert {need.purpose for need in needs if need.required} == {
        f"to remove release {API}, which the file no longer has"
    }


def test_secrets_and_namespaces() -> None:
    """By name, where the server knows the name."""
    orphans = Orphans(
        "main",
        2,
        secrets=(OrphanSecret(SecretId("main", "shop", "old"), {}),),
        namespaces=(OrphanNamespace(NamespaceId("main", "shop-old"), {}),),
    )
    assert rights(orphans) == {("secrets", "shop"): {"get", "delete"}, ("namespaces", "shop-old"): {"get", "delete"}}
    (name,) = {
        need.right.name for need in pruning_rights(orphans, (), RESOURCES, WHERE) if need.right.namespace == "shop-old"
    }
    assert name == "shop-old"


def test_objects_of_others_are_only_looked_at() -> None:
    """They stay; of what could not be read, nobody knows whose it is."""
    taken = {object_id(): config_map()}
    unread = {
        ObjectId(RESOURCES[CONFIG_MAP].kind, "web", "x"): "forbidden",
        ObjectId(CLAIM, "shop", EVERY): "forbidden",
    }
    found = rights(Orphans("main", 1, releases=(OrphanRelease(stored(), taken, (), unread),)))
    assert found["configmaps", "shop"] == {"get"}
    assert found["configmaps", "web"] == {"get", "delete"}
    assert found["persistentvolumeclaims", "shop"] == {"list"}


@pytest.mark.parametrize(
    ("name", "metadata", "left_alone"),
    [("old", {"annotations": {"reconciler/adopted": "true"}}, False), ("old", {}, True), ("default", {}, False)],
)
def test_namespaces_that_are_given_up(name: str, metadata: dict[str, Any], left_alone: bool) -> None:  # noqa: FBT001 - a table
    """Only our marks go, and what was attached in them."""
    identity = NamespaceId("main", name)
    account = AccountId("main", name, "default")
    found = OrphanNamespace(identity, {"metadata": {"name": name, **metadata}}, accounts=(account,))
    asked = rights(Orphans("main", 1, namespaces=(found,)), [identity] if left_alone else [])
    assert asked == {("namespaces", name): {"get", "patch"}, ("serviceaccounts", name): {"get", "patch"}}
