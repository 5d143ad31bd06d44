"""What an apply needs to be allowed; that the list is complete is tested end to end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.cluster import Resource
from reconciler.model.desired import Desired, Impersonation, PullAccount, Release, Wait
from reconciler.model.identity import AccountId, Kind
from reconciler.model.json import JsonMap
from reconciler.model.observed import ObservedCluster
from reconciler.model.policy import LockPolicy, Policy
from reconciler.preflight.needs import each_once, needed_rights
from tests.plan.factories import (
    API,
    RESOURCES,
    WHERE,
    config_map,
    desired,
    live,
    namespace,
    observed,
    release,
    secret,
    stored,
)

ROLE, BINDING = Kind("rbac.authorization.k8s.io/v1", "Role"), Kind("rbac.authorization.k8s.io/v1", "RoleBinding")
DEPLOYMENT = Kind("apps/v1", "Deployment")
SERVED = {
    **RESOURCES,
    ROLE: Resource(ROLE, "roles", namespaced=True),
    BINDING: Resource(BINDING, "rolebindings", namespaced=True),
    DEPLOYMENT: Resource(DEPLOYMENT, "deployments", namespaced=True),
}


def unlocked(*releases: Release, **more: Any) -> Desired:
    """An environment that goes without locks, whose rights are those of its content alone."""
    return replace(desired(*releases, **more), policy=Policy(lock=LockPolicy(enabled=False)))


def rights(
    *objects: JsonMap,
    of: Release | None = None,
    cluster: ObservedCluster | None = None,
    required: bool = True,
    **more: Any,
) -> dict[str, set[str]]:
    """The rights of one release that are required, or those that are not: resource → verbs."""
    needs = each_once(needed_rights(unlocked(of or release(), **more), {API: objects}, SERVED, cluster))
    found: dict[str, set[str]] = {}
    for need in needs:
        if need.required == required:
            found.setdefault(need.right.resource, set()).add(need.right.verb)
    return found


def item(kind: Kind, name: str = "api", **fields: Any) -> dict[str, Any]:
    """An object as a chart renders it."""
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": name}, **fields}


def test_the_lock() -> None:
    """Where the policy keeps it, and as the one who logs in, whoever the releases act as."""
    acting = replace(release(), impersonate=Impersonation("deployer"))
    locked = replace(desired(acting), policy=Policy(lock=LockPolicy(namespace="ops")))
    needs = needed_rights(locked, {}, SERVED, None)
    assert {
        (need.right.verb, need.right.namespace, need.by, need.required)
        for need in needs
        if need.right.resource == "leases"
    } == {("get", "ops", None, True), ("create", "ops", None, True), ("patch", "ops", None, True)}


def test_a_release_without_objects() -> None:
    """Helm's storage and the namespace; to diagnose needs more, and is not required."""
    assert rights() == {"namespaces": {"get"}, "secrets": {"get", "list", "create", "update"}}
    assert rights(required=False) == {
        "secrets": {"delete", "patch"},
        "pods": {"list"},
        "pods/log": {"get"},
        "events": {"list"},
    }


def test_objects_are_seen_and_written() -> None:
    """Server-side apply needs both to create and to patch; to remove them is for later."""
    assert rights(config_map())["configmaps"] == {"get", "list", "create", "patch"}
    assert rights(config_map(), required=False)["configmaps"] == {"delete"}


KEPT: JsonMap = {**config_map(), "metadata": {"name": "old", "annotations": {"helm.sh/resource-policy": "keep"}}}


@pytest.mark.parametrize(
    ("held", "found", "verbs"),
    [
        pytest.param(config_map("old"), [live(config_map("old"))], {"get", "delete"}, id="dropped"),
        pytest.param(config_map("old"), [], {"get", "delete"}, id="dropped, and not seen"),
        pytest.param(config_map("old"), [live(KEPT)], {"get"}, id="kept by hand"),
        pytest.param(KEPT, [live(KEPT)], {"get"}, id="kept by the chart"),
        pytest.param(KEPT, [], {"get"}, id="kept by the chart, and not seen"),
        pytest.param(KEPT, [live(config_map("old"))], {"get", "delete"}, id="no longer kept in the cluster"),
        pytest.param(config_map(), [live(config_map())], set(), id="not dropped"),
    ],
)
def test_what_is_dropped_has_to_be_removed(held: JsonMap, found: list[JsonMap], verbs: set[str]) -> None:
    """Then deleting is part of this very plan; but not what is marked in the cluster to be kept."""
    cluster = observed(stored(objects=[held]), objects=found).clusters["main"]
    needs = needed_rights(unlocked(release()), {API: [config_map()]}, SERVED, cluster)
    dropped = [need for need in needs if need.purpose == "to remove what release shop/api no longer has"]
    assert {need.right.verb for need in dropped if need.required} == verbs


def test_hooks_are_made_and_removed() -> None:
    """Helm deletes what is left of the last run, and waits for the new one."""
    hook = config_map()
    hook["metadata"]["annotations"] = {"helm.sh/hook": "pre-install"}
    assert rights(hook)["configmaps"] == {"get", "list", "watch", "create", "patch", "delete"}


def test_waiting_looks_below_workloads() -> None:
    """At the ReplicaSets and pods of a Deployment."""
    found = rights(item(DEPLOYMENT), of=release(wait=Wait(60)))
    assert found["deployments"] == {"get", "list", "watch", "create", "patch"}
    assert (found["replicasets"], found["pods"]) == ({"list"}, {"list"})


def test_the_oldest_revision_goes_when_the_history_is_full() -> None:
    """Helm fails without that right."""
    full = observed(stored(revision=10)).clusters["main"]
    assert "delete" in rights(cluster=full)["secrets"]


def test_what_the_environment_keeps() -> None:
    """A namespace has to be created only where it does not exist."""
    found = rights(namespaces=[namespace()], secrets=[secret()])
    assert found["namespaces"] == {"get", "patch", "create"}
    assert found["secrets"] == {"get", "list", "create", "update", "patch"}
    there = observed(namespaces={namespace().id: {}}).clusters["main"]
    assert rights(namespaces=[namespace()], cluster=there)["namespaces"] == {"get", "patch"}


def test_attaching_pull_secrets() -> None:
    """The account is read and patched; the rest of its namespace is not touched."""
    account = PullAccount(AccountId("main", "shop", "default"), ("db",), WHERE)
    needs = needed_rights(replace(unlocked(), accounts=(account,)), {}, SERVED, None)
    assert [(need.right.verb, need.right.resource) for need in needs] == [
        ("get", "serviceaccounts"),
        ("patch", "serviceaccounts"),
    ]


def test_definitions_are_made_at_a_first_install() -> None:
    """Those of crds/; afterwards they are left alone."""
    first = release()
    assert first.chart
    first = replace(first, chart=replace(first.chart, definitions=({},)))
    assert rights(of=first)["customresourcedefinitions"] == {"get", "create", "patch"}
    assert "customresourcedefinitions" not in rights(of=first, cluster=observed(stored()).clusters["main"])


@pytest.mark.parametrize(
    ("made", "verb", "resource"),
    [
        (item(ROLE), "escalate", "roles"),
        (item(BINDING, roleRef={"kind": "Role"}), "bind", "roles"),
        (item(BINDING, roleRef={"kind": "ClusterRole"}), "bind", "clusterroles"),
    ],
)
def test_giving_rights_may_need_more(made: JsonMap, verb: str, resource: str) -> None:
    """Nobody may give what he has not; whether that is so only the server's dry run tells, so it is no failure."""
    assert verb in rights(made, required=False)[resource]


def test_kinds_that_are_not_served_are_another_matter() -> None:
    """There is no right to ask for."""
    assert "things" not in rights(item(Kind("example.com/v1", "Thing")))


def test_each_identity_needs_its_own() -> None:
    """What is done for a release is done as whom it acts; the environment's own things are ours."""
    by = Impersonation("deployer")
    acting = replace(release(), impersonate=by)
    needs = needed_rights(unlocked(acting, namespaces=[namespace()]), {API: [config_map()]}, SERVED, None)
    assert {(need.right.resource, need.by) for need in needs if need.required} == {
        ("namespaces", None),
        ("secrets", by),
        ("configmaps", by),
    }
