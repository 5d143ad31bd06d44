"""Helm's records of releases, on a real API server."""

from __future__ import annotations

import base64
import json

import pytest

from reconciler.adapters.kube.reader import KubeReader
from reconciler.adapters.kube.writer import KubeWriter
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import ReleaseId
from reconciler.model.observed import ReleaseStatus, StoredRelease
from tests.adapters.kube.live_objects import release_secret
from tests.conftest import Kubectl

pytestmark = pytest.mark.e2e


def test_the_newest_revision_of_each_release(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """By number and not by text; what is no release is left out."""
    items = [
        release_secret(namespace, "a", 9, "superseded"),
        release_secret(namespace, "a", 10, "deployed"),
        release_secret(namespace, "b", 9, "failed"),
        release_secret(namespace, "b", 10, "pending-upgrade"),
        release_secret(namespace, "junk", 1, "deployed", base64.b64encode(b"junk").decode()),
    ]
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    found = {item.id.name: (item.revision, item.status) for item in writer.releases(namespace)}
    assert found == {"a": (10, ReleaseStatus.DEPLOYED), "b": (10, ReleaseStatus.PENDING_UPGRADE)}


def test_what_did_not_change_is_not_read_again(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """A record that did, by whomever, is: also the deployed one of a release whose newest revision is another."""
    made = [release_secret(namespace, "a", 1, "deployed"), release_secret(namespace, "b", 1, "deployed")]
    made.append(release_secret(namespace, "b", 2, "failed"))
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
    kubectl("apply", "-f", "-", stdin=json.dumps(release_secret(namespace, "a", 1, "failed")))
    assert read()["a"].status is ReleaseStatus.FAILED


def test_releases_of_all_namespaces(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """Two of the same name in two namespaces are two."""
    other = f"{namespace}-other"
    kubectl("create", "namespace", other)
    items = [release_secret(namespace, "a", 3, "failed"), release_secret(other, "a", 1, "deployed")]
    kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))

    found = {(item.id.namespace, item.revision, item.deployed) for item in writer.releases("")}

    kubectl("delete", "namespace", other, "--wait=false")
    assert found >= {(namespace, 3, None), (other, 1, 1)}


def test_the_newest_revision(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """By number, whatever became of it, and of no other release."""
    made = (release_secret(namespace, "a", 9, "failed"), release_secret(namespace, "a", 10, "superseded"))
    for item in (*made, release_secret(namespace, "b", 12, "deployed")):
        kubectl("apply", "-f", "-", stdin=json.dumps(item))
    assert writer.newest_revision(ReleaseId("main", namespace, "a")) == 10
    assert writer.newest_revision(ReleaseId("main", namespace, "c")) == 0


def test_a_missing_namespace_has_no_releases(cluster_access: ClusterAccess) -> None:
    """A first install begins there."""
    assert KubeReader(cluster_access).releases("no-such-namespace") == []
