"""The reader on a real API server; and what it makes of one that is none."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from reconciler.adapters.kube.reader import KubeReader
from reconciler.adapters.kube.writer import KubeWriter
from reconciler.errors import ApiError, ClusterError, Location
from reconciler.model.cluster import ClusterIdentity, Resource
from reconciler.model.desired import ClusterAccess
from reconciler.model.evidence import LogId, Run
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import dig, text_at
from reconciler.model.pods import POD
from reconciler.model.secret import SecretText
from reconciler.sandbox import Sandbox, writes
from tests.adapters.kube.live_objects import CONFIG_MAP, config_map, release_secret
from tests.adapters.kube.servers import Answer, serve, status
from tests.conftest import Kubectl

pytestmark = pytest.mark.e2e


def test_which_cluster_it_is(writer: KubeWriter, cluster_access: ClusterAccess, kubectl: Kubectl) -> None:
    """Its address, its authority, and the uid of a namespace that every cluster has; the same each time."""
    found = writer.identity()
    assert found.server.startswith("https://127.0.0.1:")
    assert found.authority is not None
    assert found.uid == kubectl("get", "ns", "kube-system", "-o", "jsonpath={.metadata.uid}")
    assert KubeReader(cluster_access).identity() == found


def test_a_cluster_that_does_not_show_its_uid() -> None:
    """Without the right to read kube-system, the address has to do; any other answer is an error. It is asked once."""
    with serve(status(403, "Forbidden", "no")) as server:
        reader = to_server(server.url)
        assert [reader.identity(), reader.identity()] == [ClusterIdentity(server.url, None, None)] * 2
        assert len(server.requests) == 1
    with serve(status(404, "NotFound", "no")) as server, pytest.raises(ApiError, match="no"):
        to_server(server.url).identity()


def test_discovery(writer: KubeWriter) -> None:
    """Every kind that can be read, in two requests, with where it is served."""
    found = writer.resources()
    assert (found[CONFIG_MAP].plural, found[CONFIG_MAP].namespaced) == ("configmaps", True)
    assert found[Kind("apps/v1", "Deployment")].plural == "deployments"
    assert not found[Kind("v1", "Namespace")].namespaced
    assert not found[Kind("rbac.authorization.k8s.io/v1", "ClusterRole")].namespaced
    assert Kind("v1", "Binding") not in found  # cannot be read
    capabilities = writer.capabilities()
    assert capabilities.kube_version.startswith("v1.")
    assert {"v1", "apps/v1", "apps/v1/Deployment", "v1/ConfigMap"} <= set(capabilities.api_versions)


def test_new_kinds_are_seen_after_a_refresh(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """The kinds are asked for once, and again when definitions may have come."""
    kind = Kind(f"{namespace}.example.com/v1", "Thing")
    assert kind not in writer.resources()
    names = {"kind": "Thing", "plural": "things"}
    schema = {"openAPIV3Schema": {"type": "object"}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{namespace}.example.com"},
        "spec": {"group": f"{namespace}.example.com", "names": names, "scope": "Cluster", "versions": [version]},
    }
    kubectl("apply", "-f", "-", stdin=json.dumps(definition))
    kubectl("wait", "--for=condition=Established", "crd", definition["metadata"]["name"])  # type: ignore[index]  # a dict
    assert kind not in writer.resources()
    deadline = time.monotonic() + 10
    while kind not in writer.resources() and time.monotonic() < deadline:
        writer.refresh()
    assert not writer.resources()[kind].namespaced


def test_a_dry_run_stores_nothing(writer: KubeWriter, namespace: str, control_plane: Sandbox) -> None:
    """It gives what would be stored, defaults included; the audit log knows of no write."""
    resource = writer.resources()[CONFIG_MAP]
    mark = control_plane.settle_audit()
    answer = writer.dry_run(resource, config_map(namespace, "dry", a="1"), "helm")
    control_plane.settle_audit()
    assert dig(answer.stored, "data") == {"a": "1"}
    assert writer.fetch(resource, namespace, "dry") is None
    assert [item.uri for item in writes(control_plane.audit.read(mark), user="admin")] == []


def test_logs(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """The last lines of this run and of the one before, as they were written, and no more bytes than asked for."""
    container = {"name": "main", "image": "example.com/app:1"}
    item = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}}
    kubectl("-n", namespace, "apply", "-f", "-", stdin=json.dumps(item))
    kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/p")
    pod = ObjectId(POD, namespace, "p")
    current, previous = (LogId(pod, "main", run) for run in (Run.CURRENT, Run.PREVIOUS))
    assert writer.log(current, 10, 10_000).splitlines()[0] == "listening on :8080"
    assert writer.log(previous, 1, 10_000) == "shutting down\n"
    assert len(writer.log(previous, 10, 20)) == 20
    with pytest.raises(ApiError, match="cluster main: "):
        writer.log(LogId(pod, "is-no-container", Run.CURRENT), 10, 100)


def test_a_server_behind_the_server_that_is_away(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """Its API version is told, since its kinds cannot be."""
    group = f"{namespace}.example.com"
    service = {"name": "nobody", "namespace": namespace, "port": 443}
    spec = {"group": group, "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1, "service": service}
    item = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": f"v1.{group}"}}
    kubectl("apply", "-f", "-", stdin=json.dumps({**item, "spec": {**spec, "insecureSkipTLSVerify": True}}))
    end = time.monotonic() + 20
    while f"{group}/v1" not in (found := writer.silent()) and time.monotonic() < end:
        writer.refresh()
    kubectl("delete", "apiservice", f"v1.{group}")
    assert f"{group}/v1" in found


def test_metadata_alone(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """Nothing of what a Secret holds; nothing of a kind that is not served."""
    kubectl("apply", "-f", "-", stdin=json.dumps(release_secret(namespace, "a", 1, "deployed")))
    secrets = writer.resources()[Kind("v1", "Secret")]
    (found,) = writer.metadata(secrets, namespace, "owner=helm", exact=True)
    assert set(found) == {"apiVersion", "kind", "metadata"}
    assert (found["kind"], text_at(found, "metadata", "name")) == ("Secret", "sh.helm.release.v1.a.v1")
    assert writer.metadata(secrets, namespace, "owner=nobody") == []
    assert (
        writer.metadata(Resource(Kind("example.com/v1", "Nothing"), "nothings", namespaced=True), namespace, "") == []
    )


def test_a_reader_cannot_write() -> None:
    """Planning is given a reader: there is nothing in it that writes."""
    assert not hasattr(KubeReader, "apply")
    assert not hasattr(KubeReader, "mark_failed")
    assert not hasattr(KubeReader, "delete")
    assert not hasattr(KubeReader, "mark_removed")


def to_server(url: str) -> KubeReader:
    """A reader of a server that is told what to say."""
    config = {
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "contexts": [{"name": "x", "context": {"cluster": "c"}}],
        "current-context": "x",
    }
    return KubeReader(ClusterAccess("main", SecretText(json.dumps(config)), None, Path(), Location("env.yaml", 1, 1)))


@pytest.mark.parametrize(
    "body", ['{"kind": "APIVersions", "versions": ["v1"]}', "{}", "[]", '"text"', '{"items": "x"}', '{"items": [1]}']
)
def test_a_server_that_is_too_old_or_something_else(body: str) -> None:
    """Without discovery in one document there is no going on, and the error says which version is needed."""
    with serve(Answer(200, body)) as server, pytest.raises(ClusterError, match=r"cluster main: .*discovery") as caught:
        to_server(server.url).resources()
    assert "1.30" in str(caught.value)
