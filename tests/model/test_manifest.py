"""Objects as a chart renders them → objects as Helm applies them."""

from __future__ import annotations

import pytest

from reconciler.model.cluster import Resource
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.manifest import as_applied, as_stored, is_hook, is_kept, object_id, owner

RELEASE = ReleaseId("main", "shop", "api")
CONFIG_MAP, CLUSTER_ROLE = Kind("v1", "ConfigMap"), Kind("rbac.authorization.k8s.io/v1", "ClusterRole")
RESOURCES = {
    CONFIG_MAP: Resource(CONFIG_MAP, "configmaps", namespaced=True),
    CLUSTER_ROLE: Resource(CLUSTER_ROLE, "clusterroles", namespaced=False),
}


@pytest.mark.parametrize(
    ("item", "identity"),
    [
        ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, ObjectId(CONFIG_MAP, "shop", "a")),
        (
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "other"}},
            ObjectId(CONFIG_MAP, "other", "a"),
        ),
        (
            {
                "apiVersion": CLUSTER_ROLE.api_version,
                "kind": "ClusterRole",
                "metadata": {"name": "a", "namespace": "x"},
            },
            ObjectId(CLUSTER_ROLE, "", "a"),
        ),
        (
            {"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "a"}},
            ObjectId(Kind("example.com/v1", "Gadget"), "shop", "a"),
        ),
        ({"kind": "ConfigMap"}, ObjectId(Kind("", "ConfigMap"), "shop", "")),
    ],
    ids=["the release's namespace", "its own namespace", "cluster-scoped", "unknown kind", "no metadata"],
)
def test_an_object_goes_where_helm_puts_it(item: JsonMap, identity: ObjectId) -> None:
    """Its own namespace, else the release's, else none for kinds that have none."""
    assert object_id(item, RELEASE, RESOURCES) == identity


@pytest.mark.parametrize(
    ("annotations", "hook", "kept"),
    [
        ({}, False, False),
        ({"helm.sh/hook": "pre-install"}, True, False),
        ({"helm.sh/resource-policy": "keep"}, False, True),
        ({"helm.sh/hook": ""}, False, False),
        (None, False, False),
    ],
    ids=str,
)
def test_annotations_tell_hooks_and_what_is_kept(
    annotations: dict[str, str] | None,
    hook: bool,  # noqa: FBT001 - a column of the table
    kept: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """The annotations that Helm itself looks at."""
    item: JsonMap = {"metadata": {"annotations": annotations}}
    assert (is_hook(item), is_kept(item)) == (hook, kept)


def test_an_applied_object_carries_the_marks_by_which_its_owner_is_found() -> None:
    """What Helm adds is what `owner` reads; the chart's own labels stay, and the given object is untouched."""
    item: JsonMap = {"kind": "ConfigMap", "metadata": {"name": "a", "labels": {"x": "1"}}, "data": {"k": "v"}}
    applied = as_applied(item, ObjectId(CONFIG_MAP, "shop", "a"), RELEASE)
    assert applied == {
        "kind": "ConfigMap",
        "metadata": {
            "name": "a",
            "namespace": "shop",
            "labels": {"x": "1", "app.kubernetes.io/managed-by": "Helm"},
            "annotations": {"meta.helm.sh/release-name": "api", "meta.helm.sh/release-namespace": "shop"},
        },
        "data": {"k": "v"},
    }
    assert owner(applied) == ("shop", "api")
    assert owner(item) is None
    assert item["metadata"] == {"name": "a", "labels": {"x": "1"}}


def test_a_cluster_scoped_object_gets_no_namespace() -> None:
    """The API server would refuse one."""
    applied = as_applied({"metadata": {"name": "a"}}, ObjectId(CLUSTER_ROLE, "", "a"), RELEASE)
    assert "namespace" not in applied["metadata"]  # type: ignore[operator]  # it is a map


@pytest.mark.parametrize(
    ("item", "stored"),
    [
        (
            {"kind": "Secret", "stringData": {"a": "é"}, "data": {"b": "eA=="}},
            {"kind": "Secret", "data": {"b": "eA==", "a": "w6k="}},
        ),
        (
            {"kind": "Secret", "stringData": {"a": "x"}, "data": {"a": "eQ=="}},
            {"kind": "Secret", "data": {"a": "eA=="}},
        ),
        ({"kind": "ConfigMap", "stringData": {"a": "x"}}, {"kind": "ConfigMap", "stringData": {"a": "x"}}),
        ({"kind": "Secret", "stringData": None}, {"kind": "Secret", "stringData": None}),
    ],
    ids=["both", "stringData wins", "another kind", "empty"],
)
def test_string_data_is_stored_as_data(item: JsonMap, stored: JsonMap) -> None:
    """As the server does, or every Secret would seem to have drifted."""
    assert as_stored(item) == stored
