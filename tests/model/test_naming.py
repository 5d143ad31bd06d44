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


ROLE = ObjectId(Kind("rbac.authorization.k8s.io/v1", "Role"), "kube-system", "cert-manager:leaderelection")
CLUSTER_ROLE = ObjectId(Kind("rbac.authorization.k8s.io/v1", "ClusterRole"), "", "system:auth:view")
ARN = "arn:aws:eks:eu-west-1:1:cluster/shop"


@pytest.mark.parametrize("cluster", ["main", ARN])
@pytest.mark.parametrize("item", [RELEASE, ROLE, CLUSTER_ROLE])
def test_names_and_clusters_may_hold_colons(cluster: str, item: Target | ObjectId) -> None:
    """Roles and clusters of EKS have them: a name means its item, with its cluster or without, and no other."""
    name = name_of(item)
    meant = (name, f"{cluster}:{name}", f"*:{name}", "*", f"{cluster}:*", f"{name[:-2]}*", name.replace(":", "?"))
    assert [matches(pattern, cluster, item) for pattern in meant] == [True] * 7
    others = (f"other:{name}", f"{cluster}x:{name}", f":{name}", f"{name}:", name.split(":")[-1][1:])
    assert not matches_any(others, cluster, item)
    assert not matches_any([f"{ARN}:{name}", f"main:{name}"], "other", item)
