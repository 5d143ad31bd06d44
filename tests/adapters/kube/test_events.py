"""Events, written into a real API server."""

from __future__ import annotations

import json

import pytest

from reconciler.adapters.kube.events import KubeEvents
from reconciler.model.desired import ClusterAccess
from reconciler.model.happening import Happening, Reason
from reconciler.model.identity import ReleaseId
from tests.conftest import Kubectl

pytestmark = pytest.mark.e2e


def test_events_as_kubectl_shows_them(cluster_access: ClusterAccess, namespace: str, kubectl: Kubectl) -> None:
    """Each about Helm's Secret of the newest revision; the same again is counted; one that is gone is made anew."""
    kubectl("create", "namespace", namespace)
    for revision in (9, 10):
        name = f"sh.helm.release.v1.api.v{revision}"
        kubectl("-n", namespace, "create", "secret", "generic", name)
        kubectl("-n", namespace, "label", "secret", name, "owner=helm", "name=api", f"version={revision}")
    release = ReleaseId("main", namespace, "api")
    applied = Happening(release, Reason.APPLIED, "upgraded")
    journal = KubeEvents(cluster_access)
    for _ in range(3):
        journal.record(applied)
    journal.record(Happening(release, Reason.FAILED, "ä" * 2_000))

    told = json.loads(kubectl("-n", namespace, "get", "events", "-o", "json"))["items"]
    found = {item["reason"]: item for item in told}
    assert sorted(item["reason"] for item in told) == ["Applied", "Failed"]
    assert found["Applied"]["involvedObject"]["name"] == "sh.helm.release.v1.api.v10"
    assert (found["Applied"]["message"], found["Applied"]["type"]) == ("release api: upgraded", "Normal")
    assert found["Applied"]["series"]["count"] == 3
    assert found["Failed"]["type"] == "Warning"
    assert len(found["Failed"]["message"].encode()) <= 1024

    kubectl("-n", namespace, "delete", "events", "--all")
    journal.record(applied)
    (again,) = json.loads(kubectl("-n", namespace, "get", "events", "-o", "json"))["items"]
    assert "series" not in again
