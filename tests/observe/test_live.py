"""Clusters → observed state, on the real API server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.adapters.kube.reader import KubeReader
from reconciler.errors import ApiError, ClusterError
from reconciler.model.desired import ClusterAccess, Desired
from reconciler.model.identity import Kind, NamespaceId, ObjectId, ReleaseId, SecretId
from reconciler.model.observed import Observed
from reconciler.model.secret import SecretText
from reconciler.observe.live import observe
from reconciler.sandbox import Sandbox, writes
from tests.conftest import Kubectl
from tests.observe.conftest import Installed, install
from tests.plan.factories import desired, namespace, release, secret

pytestmark = pytest.mark.e2e
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def wanted(home: str, *names: str) -> Desired:
    """Releases, the namespace and the Secret `db` in it."""
    ids = [ReleaseId("main", home, name) for name in names]
    return desired(*map(release, ids), namespaces=[namespace(home)], secrets=[secret("db", home, password="x")])


@pytest.fixture
def look(cluster_access: ClusterAccess) -> Callable[[Desired], Observed]:
    """Observes the sandbox."""
    return lambda want: observe(want, {"main": KubeReader(cluster_access)}, NOW)


def test_what_is_there(installed: Installed, look: Callable[[Desired], Observed], kubectl: Kubectl) -> None:
    """The namespace, the Secret, the release and its objects; no Secret that nobody asked for."""
    home = installed.namespace
    kubectl("-n", home, "create", "secret", "generic", "db")
    kubectl("-n", home, "create", "secret", "generic", "other")
    found = look(wanted(home, "app"))
    cluster = found.clusters["main"]
    assert found.at == NOW
    assert set(cluster.namespaces) == {NamespaceId("main", home)}
    assert set(cluster.secrets) == {SecretId("main", home, "db")}
    assert set(cluster.releases) == {ReleaseId("main", home, "app")}
    # Cluster-scoped objects of other tests' releases may be listed too.
    assert {str(key) for key in cluster.objects if home in str(key)} == {
        f"ConfigMap {home}/app",
        f"Secret {home}/app",
        f"ClusterRole {home}-app",
    }
    assert ObjectId(Kind("rbac.authorization.k8s.io/v1", "ClusterRole"), "", f"{home}-app") in cluster.objects
    assert cluster.capabilities.kube_version.startswith("v1.")
    stored = found.release(ReleaseId("main", home, "app"))
    assert stored
    assert stored.revision == 1


def test_a_release_of_others_is_not_looked_at(installed: Installed, look: Callable[[Desired], Observed]) -> None:
    """Only what the environment names is of interest."""
    found = look(wanted(installed.namespace, "another"))
    assert found.clusters["main"].releases == {}
    assert found.clusters["main"].objects == {}


def test_a_missing_namespace_is_empty(namespace: str, look: Callable[[Desired], Observed]) -> None:
    """It is noted as missing, and nothing in it is an error."""
    found = look(wanted(namespace, "app")).clusters["main"]
    assert (found.namespaces, found.secrets, found.releases, found.objects) == ({}, {}, {}, {})
    assert found.missing_namespaces == {namespace}


def test_an_unknown_kind_in_a_release_is_left_out(
    installed: Installed, look: Callable[[Desired], Observed], kubectl: Kubectl
) -> None:
    """Its definition was removed: the object is gone with it, and looking is no error."""
    home = installed.namespace
    kind, plural = "Gadget", "gadgets"
    installed.define(kind, plural)
    install(installed, "gadget", f"apiVersion: {home}.example.com/v1\nkind: {kind}\nmetadata: {{name: x}}\n")
    kubectl("delete", "crd", f"{plural}.{home}.example.com")
    found = look(wanted(home, "gadget")).clusters["main"]
    assert ReleaseId("main", home, "gadget") in found.releases
    assert found.objects == {}


def test_looking_is_cheap_and_writes_nothing(
    installed: Installed, look: Callable[[Desired], Observed], control_plane: Sandbox
) -> None:
    """Three requests for kinds and version, then one for each namespace, kind and Secret: not one per object."""
    home = installed.namespace
    for name in ("second", "third"):
        install(installed, name)
    mark = control_plane.settle_audit()
    look(wanted(home, "app", "second", "third"))
    control_plane.settle_audit()
    records = [item for item in control_plane.audit.read(mark) if item.user_agent.startswith("reconciler/")]
    assert list(writes(records)) == []
    # /api, /apis, /version; the namespace; the Secret db; releases; ConfigMaps, Secrets and ClusterRoles.
    assert len(records) == 9, [item.uri for item in records]


def test_missing_rights_are_named(
    installed: Installed, cluster_access: ClusterAccess, kubectl: Kubectl, kubeconfig: str
) -> None:
    """The server's own words, with the cluster and what to ask for."""
    home = installed.namespace
    kubectl("-n", home, "create", "serviceaccount", "nobody")
    made = kubectl("-n", home, "create", "token", "nobody").strip()
    token = next(line.split()[-1] for line in kubeconfig.splitlines() if "token:" in line)
    access = replace(cluster_access, kubeconfig=SecretText(kubeconfig.replace(token, made)))
    with pytest.raises(ApiError, match=r"cluster main: .*forbidden") as caught:
        observe(wanted(home, "app"), {"main": KubeReader(access)}, NOW)
    assert caught.value.status == 403
    assert "Role" in str(caught.value.hint)


def test_every_cluster_that_cannot_be_read_is_named(cluster_access: ClusterAccess, namespace: str) -> None:
    """One error for all of them: a user mends them in one go."""
    config = {
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:9"}}],
        "contexts": [{"name": "x", "context": {"cluster": "c"}}],
        "current-context": "x",
    }
    down = [replace(cluster_access, name=name, kubeconfig=SecretText(json.dumps(config))) for name in ("east", "west")]
    everything = {access.name: access for access in (cluster_access, *down)}
    want = replace(wanted(namespace), clusters=everything, root=Path())
    with pytest.raises(ClusterError) as caught:
        observe(want, {name: KubeReader(access) for name, access in everything.items()}, NOW)
    assert "cluster east: https://127.0.0.1:9 cannot be reached" in str(caught.value)
    assert "cluster west: https://127.0.0.1:9 cannot be reached" in str(caught.value)
    assert "cluster main" not in str(caught.value)
