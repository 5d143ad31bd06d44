"""Names of targets and objects, and patterns of them."""

from __future__ import annotations

import pytest

from reconciler.model.identity import AccountId, Kind, NamespaceId, ObjectId, ReleaseId, SecretId, Target
from reconciler.model.naming import matches, matches_any, name_of

RELEASE = ReleaseId("main", "shop", "api")
CLAIM = ObjectId(Kind("v1", "PersistentVolumeClaim"), "shop", "data")
DEFINITION = ObjectId(Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition"), "", "x.example.com")


@pytest.mark.parametrize(
    ("item", "name"),
    [
        (RELEASE, "release/shop/api"),
        (NamespaceId("main", "shop"), "namespace/shop"),
        (SecretId("main", "shop", "db"), "secret/shop/db"),
        (AccountId("main", "shop", "default"), "serviceaccount/shop/default"),
        (CLAIM, "persistentvolumeclaim/shop/data"),
        (DEFINITION, "customresourcedefinition/x.example.com"),
    ],
)
def test_names(item: Target | ObjectId, name: str) -> None:
    """Kind, namespace, name; and each name is a pattern of what it names."""
    assert name_of(item) == name
    assert matches(name, "main", item)


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("*", True),
        ("release/*", True),
        ("release/shop/a?i", True),
        ("Release/shop/api", True),
        ("main:release/shop/api", True),
        ("ma*:*", True),
        ("other:release/shop/api", False),
        ("release/api", False),
        ("release/shop/ap", False),
        ("secret/shop/api", False),
        ("", False),
        (":release/shop/api", False),
    ],
)
def test_patterns(pattern: str, *, meant: bool) -> None:
    """A pattern means the whole name, in the cluster that it says."""
    assert matches(pattern, "main", RELEASE) is meant
    assert matches_any(["x/y", pattern], "main", RELEASE) is meant


def test_a_name_may_hold_colons() -> None:
    """Names of cluster roles do; then the cluster has to be said."""
    role = ObjectId(Kind("rbac.authorization.k8s.io/v1", "ClusterRole"), "", "system:view")
    assert matches("*:clusterrole/system:view", "main", role)
