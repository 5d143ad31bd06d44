"""What it takes to remove what the file no longer has; that it is enough is tested end to end."""

from __future__ import annotations

from reconciler.model.identity import NamespaceId, ObjectId, SecretId
from reconciler.model.json import JsonMap
from reconciler.model.orphans import OrphanNamespace, OrphanRelease, Orphans, OrphanSecret
from reconciler.preflight.pruning import pruning_rights
from tests.plan.factories import API, CONFIG_MAP, RESOURCES, WHERE, stored


def rights(orphans: Orphans, *, required: bool = True) -> dict[tuple[str, str], set[str]]:
    """(Resource, namespace) → verbs."""
    found: dict[tuple[str, str], set[str]] = {}
    for need in pruning_rights(orphans, RESOURCES, WHERE):
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
    live: dict[ObjectId, JsonMap] = {ObjectId(CONFIG_MAP, "shop", "api"): {}}
    release = OrphanRelease(stored(), live)
    assert rights(Orphans("main", 1, releases=(release,))) == {
        ("configmaps", "shop"): {"get", "delete"},
        ("secrets", "shop"): {"get", "list", "patch", "update", "delete"},
    }
    needs = pruning_rights(Orphans("main", 1, releases=(release,)), RESOURCES, WHERE)
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
        need.right.name for need in pruning_rights(orphans, RESOURCES, WHERE) if need.right.namespace == "shop-old"
    }
    assert name == "shop-old"
