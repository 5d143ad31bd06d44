"""The reader and the writer on a real API server; and what they make of one that is none."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.kube import storage
from reconciler.adapters.kube.client import KubeReader, KubeWriter
from reconciler.errors import ApiError, ClusterError, Location, UnrecordedError
from reconciler.model.cluster import Cascade, ClusterIdentity, Deletion, Resource
from reconciler.model.desired import ClusterAccess
from reconciler.model.evidence import LogId, Run
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, as_map, dig, text_at
from reconciler.model.manifest import object_id
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.pods import POD
from reconciler.model.secret import SecretText
from reconciler.sandbox import Sandbox, writes
from tests.adapters.kube.servers import Answer, serve, status
from tests.adapters.kube.test_storage import RELEASE, packed
from tests.conftest import Kubectl

CONFIG_MAP = Kind("v1", "ConfigMap")


def config_map(namespace: str, name: str = "one", **data: str) -> JsonMap:
    """A ConfigMap with a label."""
    metadata: JsonMap = {"name": name, "namespace": namespace, "labels": {"team": "blue"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


@pytest.fixture
def writer(cluster_access: ClusterAccess, namespace: str, kubectl: Kubectl) -> KubeWriter:
    """A writer to the sandbox, with a namespace of the test's own."""
    kubectl("create", "namespace", namespace)
    return KubeWriter(cluster_access)


pytestmark = pytest.mark.e2e


def test_which_cluster_it_is(writer: KubeWriter, cluster_access: ClusterAccess, kubectl: Kubectl) -> None:
    """Its address, its authority, and the uid of a namespace that every cluster has; the same each time."""
    found = writer.identity()
    assert found.server.startswith("https://127.0.0.1:")
    assert found.authority is not None
    assert found.uid == kubectl("get", "ns", "kube-system", "-o", "jsonpath={.metadata.uid}")
    assert KubeReader(cluster_access).identity() == found


def test_a_cluster_that_does_not_show_its_uid() -> None:
    """Without the right to read kube-system, the address has to do; any other answer is an error."""
    with serve(status(403, "Forbidden", "no")) as server:
        assert to_server(server.url).identity() == ClusterIdentity(server.url, None, None)
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


def test_apply_fetch_and_list(writer: KubeWriter, namespace: str) -> None:
    """What is applied is there; lists are by label and namespace, and carry the kind."""
    resource = writer.resources()[CONFIG_MAP]
    assert writer.fetch(resource, namespace, "one") is None
    writer.apply(resource, config_map(namespace, a="1"), "helm")
    found = writer.fetch(resource, namespace, "one")
    assert found
    assert found["data"] == {"a": "1"}
    listed = writer.objects(resource, namespace, "team=blue")
    assert [(item["kind"], item["apiVersion"], text_at(item, "metadata", "name")) for item in listed] == [
        ("ConfigMap", "v1", "one")
    ]
    assert writer.objects(resource, namespace, "team=red") == []
    assert any(
        text_at(item, "metadata", "namespace") == namespace for item in writer.objects(resource, "", "team=blue")
    )


def test_what_others_wrote_is_overwritten(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """A conflict of field managers is settled in favour of what is desired."""
    resource = writer.resources()[CONFIG_MAP]
    writer.apply(resource, config_map(namespace, a="1"), "helm")
    kubectl("-n", namespace, "patch", "cm", "one", "--type", "merge", "-p", '{"data":{"a":"2"}}')
    writer.apply(resource, config_map(namespace, a="1"), "helm")
    found = writer.fetch(resource, namespace, "one")
    assert found
    assert found["data"] == {"a": "1"}


def test_a_dry_run_stores_nothing(writer: KubeWriter, namespace: str, control_plane: Sandbox) -> None:
    """It gives what would be stored, defaults included; the audit log knows of no write."""
    resource = writer.resources()[CONFIG_MAP]
    mark = control_plane.settle_audit()
    answer = writer.dry_run(resource, config_map(namespace, "dry", a="1"), "helm")
    control_plane.settle_audit()
    assert dig(answer.stored, "data") == {"a": "1"}
    assert writer.fetch(resource, namespace, "dry") is None
    assert [item.uri for item in writes(control_plane.audit.read(mark), user="admin")] == []


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        pytest.param({"typo": {}}, 500, "field not declared in schema", id="an unknown field"),
        pytest.param({"data": {"a": 1}}, 500, "expected string", id="a wrong type"),
        pytest.param({"data": {"not a key": "x"}}, 422, "invalid", id="an invalid key"),
        pytest.param(
            {"metadata": {"name": "one", "namespace": "no-such-namespace"}}, 404, "not found", id="no such namespace"
        ),
        pytest.param({"kind": "Secret"}, 400, "Secret", id="another kind than its address"),
    ],
)
def test_what_the_server_refuses(
    change: dict[str, Any], status: int, said: str, writer: KubeWriter, namespace: str
) -> None:
    """The same error from a dry run and from an apply, with the cluster's name and the server's words."""
    resource = writer.resources()[CONFIG_MAP]
    item = {**config_map(namespace, "bad", a="1"), **change}
    calls: list[Callable[..., Any]] = [writer.dry_run, writer.apply]
    for call in calls:
        with pytest.raises(ApiError, match="cluster main: ") as caught:
            call(resource, item, "helm")
        assert caught.value.status == status
        assert said in caught.value.message


def test_what_is_wrong_is_told_one_by_one(writer: KubeWriter, namespace: str) -> None:
    """Several things can be wrong with an object; what can be helped is told from what cannot."""
    kind = Kind("v1", "Secret")
    resource = writer.resources()[kind]
    item = {**config_map(namespace), "kind": "Secret", "type": "Opaque", "data": {}}
    writer.apply(resource, item, "helm")
    with pytest.raises(ApiError) as caught:
        writer.dry_run(resource, {**item, "type": "other", "data": {"not a key": ""}}, "helm")
    assert [cause.rpartition(": ")[2] for cause in caught.value.causes if "immutable" in cause] == [
        "field is immutable"
    ]
    assert len(caught.value.causes) == 2


@pytest.mark.parametrize(
    ("uid", "version"),
    [pytest.param("another", None, id="another of that name"), pytest.param(None, "1", id="changed since")],
)
def test_only_what_was_seen_is_deleted(
    uid: str | None, version: str | None, writer: KubeWriter, namespace: str
) -> None:
    """What took its place, or was changed, stays; what is gone is gone."""
    resource = writer.resources()[CONFIG_MAP]
    writer.apply(resource, config_map(namespace), "helm")
    live = writer.fetch(resource, namespace, "one")
    assert live
    seen = text_at(live, "metadata", "uid")
    with pytest.raises(ApiError) as caught:
        writer.delete(resource, Deletion(namespace, "one", uid or seen, version))
    assert caught.value.status == 409
    assert writer.fetch(resource, namespace, "one") == live
    for _ in range(2):
        writer.delete(resource, Deletion(namespace, "one", seen, text_at(live, "metadata", "resourceVersion")))
        assert writer.fetch(resource, namespace, "one") is None


def test_what_an_object_owns_stays_or_goes_with_it(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """As the deletion says: orphans stay; in the foreground what is owned goes first."""
    resource = writer.resources()[CONFIG_MAP]

    def owned(cascade: Cascade) -> JsonMap | None:
        writer.apply(resource, config_map(namespace), "helm")
        uid = text_at(writer.fetch(resource, namespace, "one"), "metadata", "uid")
        owner: JsonMap = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": "one",
            "uid": uid,
            "blockOwnerDeletion": True,
        }
        item = config_map(namespace, "owned")
        writer.apply(resource, {**item, "metadata": {**as_map(item["metadata"]), "ownerReferences": [owner]}}, "helm")
        writer.delete(resource, Deletion(namespace, "one", uid, cascade=cascade))
        kubectl("-n", namespace, "wait", "--for=delete", "cm/one", "--timeout=30s")
        return writer.fetch(resource, namespace, "owned")

    left = owned(Cascade.ORPHAN)
    assert left
    assert dig(left, "metadata", "ownerReferences") is None
    assert owned(Cascade.FOREGROUND) is None


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


def _release(namespace: str, name: str, version: int, status: str, content: str | None = None) -> JsonMap:
    text = content or packed(
        json.dumps({**RELEASE, "name": name, "version": version, "info": {"status": status}}).encode()
    )
    labels: JsonMap = {"owner": "helm", "name": name, "version": str(version), "status": status}
    metadata: JsonMap = {"name": f"sh.helm.release.v1.{name}.v{version}", "namespace": namespace, "labels": labels}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": metadata,
        "data": {"release": text},
    }


def test_the_newest_revision_of_each_release(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """By number and not by text; what is no release is left out."""
    items = [
        _release(namespace, "a", 9, "superseded"),
        _release(namespace, "a", 10, "deployed"),
        _release(namespace, "b", 9, "failed"),
        _release(namespace, "b", 10, "pending-upgrade"),
        _release(namespace, "junk", 1, "deployed", base64.b64encode(b"junk").decode()),
    ]
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    found = {item.id.name: (item.revision, item.status) for item in writer.releases(namespace)}
    assert found == {"a": (10, ReleaseStatus.DEPLOYED), "b": (10, ReleaseStatus.PENDING_UPGRADE)}


def test_what_did_not_change_is_not_read_again(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """A record that did, by whomever, is: also the deployed one of a release whose newest revision is another."""
    made = [_release(namespace, "a", 1, "deployed"), _release(namespace, "b", 1, "deployed")]
    made.append(_release(namespace, "b", 2, "failed"))
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": made}))

    def read() -> dict[str, StoredRelease]:
        return {item.id.name: item for item in writer.releases(namespace)}

    first, again = read(), read()
    assert all(again[name] is first[name] for name in "ab")
    kubectl("-n", namespace, "label", "secret", "sh.helm.release.v1.b.v1", "by=hand")
    third = read()
    assert third["a"] is first["a"]
    assert third["b"] is not first["b"]
    kubectl("-n", namespace, "delete", "secret", "sh.helm.release.v1.a.v1")
    kubectl("apply", "-f", "-", stdin=json.dumps(_release(namespace, "a", 1, "failed")))
    assert read()["a"].status is ReleaseStatus.FAILED


def test_releases_of_all_namespaces(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """Two of the same name in two namespaces are two."""
    other = f"{namespace}-other"
    kubectl("create", "namespace", other)
    items = [_release(namespace, "a", 3, "failed"), _release(other, "a", 1, "deployed")]
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))

    found = {(item.id.namespace, item.revision, item.deployed) for item in writer.releases("")}

    kubectl("delete", "namespace", other, "--wait=false")
    assert found >= {(namespace, 3, None), (other, 1, 1)}


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


def test_marking_as_failed(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """Status and label together. A revision that is no longer pending, or gone, tells that its run lives."""
    kubectl("apply", "-f", "-", stdin=json.dumps(_release(namespace, "a", 1, "pending-install")))
    release = ReleaseId("main", namespace, "a")
    writer.mark_failed(release, 1, "the run died")
    for revision in (1, 7):
        with pytest.raises(ClusterError, match=f"{release} has ended its operation meanwhile"):
            writer.mark_failed(release, revision, "the run died")
    (found,) = writer.releases(namespace)
    assert (found.status, found.description) == (ReleaseStatus.FAILED, "the run died")
    assert kubectl("-n", namespace, "get", "secrets", "-l", "status=failed", "-o", "name").strip()


def test_what_is_left_behind_is_superseded(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """All that is deployed or under way below the newest deployed one, in label and content; of no other release."""
    made = {1: "superseded", 2: "deployed", 3: "failed", 4: "pending-upgrade", 9: "deployed", 10: "deployed"}
    items = [_release(namespace, "a", revision, status) for revision, status in made.items()]
    items += [_release(namespace, "b", 1, "deployed"), _release(namespace, "b", 2, "pending-upgrade")]
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))

    for name, revision in (("a", 10), ("b", 1), ("c", 1)):
        writer.conclude(ReleaseId("main", namespace, name), revision)
    with pytest.raises(UnrecordedError, match=r"b is written, but .* revision 2 is still pending-upgrade"):
        writer.conclude(ReleaseId("main", namespace, "b"), 2)

    found = json.loads(kubectl("-n", namespace, "get", "secrets", "-l", "owner=helm", "-o", "json"))["items"]
    labels = {(item["metadata"]["labels"]["name"], int(item["metadata"]["labels"]["version"])): item for item in found}
    statuses = {key: item["metadata"]["labels"]["status"] for key, item in labels.items()}
    a = {1: "superseded", 2: "superseded", 3: "failed", 4: "superseded", 9: "superseded", 10: "deployed"}
    assert statuses == {
        **{("a", revision): status for revision, status in a.items()},
        ("b", 1): "deployed",
        ("b", 2): "pending-upgrade",
    }
    for key, item in labels.items():
        stored = storage.decode("main", item)
        assert stored
        assert stored.status == statuses[key]


def test_the_newest_revision(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """By number, whatever became of it, and of no other release."""
    made = (_release(namespace, "a", 9, "failed"), _release(namespace, "a", 10, "superseded"))
    for item in (*made, _release(namespace, "b", 12, "deployed")):
        kubectl("apply", "-f", "-", stdin=json.dumps(item))
    assert writer.newest_revision(ReleaseId("main", namespace, "a")) == 10
    assert writer.newest_revision(ReleaseId("main", namespace, "c")) == 0


def test_marking_as_removed(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """The run that removes it is noted, and what Helm is to leave is taken out of the manifest."""
    kubectl("apply", "-f", "-", stdin=json.dumps(_release(namespace, "a", 3, "deployed")))
    release = ReleaseId("main", namespace, "a")
    (before,) = writer.releases(namespace)
    writer.mark_removed(release, 3, "r1", ())
    (marked,) = writer.releases(namespace)
    assert (marked.labels["reconciler/begun-by"], marked.objects) == ("r1.3", before.objects)
    writer.mark_removed(release, 3, None, [object_id(item, release, writer.resources()) for item in before.objects])
    (emptied,) = writer.releases(namespace)
    assert (emptied.status, emptied.objects) == (ReleaseStatus.DEPLOYED, ())
    with pytest.raises(ClusterError, match=f"{release} is removed by somebody else"):
        writer.mark_removed(release, 7, "r1", ())


def test_marking_what_is_rolled_back_to(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """The run is noted, and the revision that it makes; nothing else changes."""
    kubectl("apply", "-f", "-", stdin=json.dumps(_release(namespace, "a", 3, "deployed")))
    release = ReleaseId("main", namespace, "a")
    (before,) = writer.releases(namespace)
    writer.mark_rollback(release, 3, "r1", 5)
    (marked,) = writer.releases(namespace)
    assert marked.labels == {**before.labels, "reconciler/begun-by": "r1.5"}
    assert (marked.status, marked.objects) == (before.status, before.objects)
    with pytest.raises(ClusterError, match=f"{release} is removed by somebody else"):
        writer.mark_rollback(release, 7, "r1", 8)


def test_metadata_alone(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """Nothing of what a Secret holds; nothing of a kind that is not served."""
    kubectl("apply", "-f", "-", stdin=json.dumps(_release(namespace, "a", 1, "deployed")))
    secrets = writer.resources()[Kind("v1", "Secret")]
    (found,) = writer.metadata(secrets, namespace, "owner=helm", exact=True)
    assert set(found) == {"apiVersion", "kind", "metadata"}
    assert (found["kind"], text_at(found, "metadata", "name")) == ("Secret", "sh.helm.release.v1.a.v1")
    assert writer.metadata(secrets, namespace, "owner=nobody") == []
    assert (
        writer.metadata(Resource(Kind("example.com/v1", "Nothing"), "nothings", namespaced=True), namespace, "") == []
    )


def test_a_missing_namespace_has_no_releases(cluster_access: ClusterAccess) -> None:
    """A first install begins there."""
    assert KubeReader(cluster_access).releases("no-such-namespace") == []


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
