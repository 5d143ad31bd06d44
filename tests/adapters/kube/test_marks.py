"""What is written into Helm's records, on a real API server."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reconciler.adapters.kube import storage
from reconciler.adapters.kube.writer import KubeWriter
from reconciler.errors import ClusterError, UnrecordedError
from reconciler.model.identity import ReleaseId
from reconciler.model.manifest import object_id
from reconciler.model.observed import ReleaseStatus
from tests.adapters.kube.live_objects import release_secret
from tests.conftest import Kubectl

pytestmark = pytest.mark.e2e


def test_marking_as_failed(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """Status and label together. A revision that is no longer pending, or gone, tells that its run lives."""
    kubectl("apply", "-f", "-", stdin=json.dumps(release_secret(namespace, "a", 1, "pending-install")))
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
    items = [release_secret(namespace, "a", revision, status) for revision, status in made.items()]
    items += [release_secret(namespace, "b", 1, "deployed"), release_secret(namespace, "b", 2, "pending-upgrade")]
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


def test_marking_as_removed(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """The run that removes it is noted; in the manifest, objects get another version, or go."""
    kubectl("apply", "-f", "-", stdin=json.dumps(release_secret(namespace, "a", 3, "deployed")))
    release = ReleaseId("main", namespace, "a")
    (before,) = writer.releases(namespace)
    writer.mark_removed(release, 3, "r1", {})
    (marked,) = writer.releases(namespace)
    assert (marked.labels["reconciler/begun-by"], marked.objects) == ("r1.3", before.objects)
    held = [object_id(item, release, writer.resources()) for item in before.objects]
    newer = {identity: replace(identity.kind, api_version="example.com/v2") for identity in held}
    writer.mark_removed(release, 3, None, newer)
    (renamed,) = writer.releases(namespace)
    assert renamed.objects == tuple({**item, "apiVersion": "example.com/v2"} for item in before.objects)
    held = [object_id(item, release, writer.resources()) for item in renamed.objects]
    writer.mark_removed(release, 3, None, dict.fromkeys(held))
    (emptied,) = writer.releases(namespace)
    assert (emptied.status, emptied.objects) == (ReleaseStatus.DEPLOYED, ())
    with pytest.raises(ClusterError, match=f"{release} is removed by somebody else"):
        writer.mark_removed(release, 7, "r1", {})


def test_marking_what_is_rolled_back_to(writer: KubeWriter, namespace: str, kubectl: Kubectl) -> None:
    """The run is noted, and the revision that it makes; nothing else changes."""
    kubectl("apply", "-f", "-", stdin=json.dumps(release_secret(namespace, "a", 3, "deployed")))
    release = ReleaseId("main", namespace, "a")
    (before,) = writer.releases(namespace)
    writer.mark_rollback(release, 3, "r1", 5)
    (marked,) = writer.releases(namespace)
    assert marked.labels == {**before.labels, "reconciler/begun-by": "r1.5"}
    assert (marked.status, marked.objects) == (before.status, before.objects)
    with pytest.raises(ClusterError, match=f"{release} is removed by somebody else"):
        writer.mark_rollback(release, 7, "r1", 8)
