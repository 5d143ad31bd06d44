"""Pods that look from the nodes, on a real API server; kwok ends them as their addresses say."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from reconciler.adapters.kube.node_prober import KubeNodeProber
from reconciler.adapters.kube.probe_pod import RUN_LABEL, probe_pod
from reconciler.errors import ApiError
from reconciler.model.desired import ClusterAccess
from reconciler.model.node_probe import Attempt, Reach, Target
from reconciler.sandbox.nodes import NODE_NAMES
from tests.conftest import Kubectl

pytestmark = pytest.mark.e2e

IMAGE = "probe.example.com/agnhost:1"
OPEN, CLOSED = Target("kubernetes.default.svc", 443), Target("closed.example.com", 5000)


@pytest.fixture
def home(kubectl: Kubectl, namespace: str) -> str:
    """A namespace that takes only what the strictest Pod Security Standard allows."""
    kubectl("create", "namespace", namespace)
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    return namespace


@pytest.fixture
def left(kubectl: Kubectl, home: str) -> Callable[[], list[str]]:
    """The names of the pods that are there."""
    return lambda: kubectl("-n", home, "get", "pods", "-o", "name").split()


def test_each_node_is_looked_from(cluster_access: ClusterAccess, home: str, left: Callable[[], list[str]]) -> None:
    """One pod for each node, within the strictest standard; none is left."""
    found = KubeNodeProber(cluster_access, IMAGE).probe(home, NODE_NAMES, [OPEN, CLOSED])
    assert found == [
        attempt
        for node in NODE_NAMES
        for attempt in (
            Attempt(node, OPEN, Reach.REACHED),
            Attempt(node, CLOSED, Reach.NOT_REACHED, "connection refused"),
        )
    ]
    assert left() == []


def test_an_image_that_cannot_be_had(cluster_access: ClusterAccess, home: str, left: Callable[[], list[str]]) -> None:
    """It is not waited for, and what could not be found out is unknown."""
    found = KubeNodeProber(cluster_access, "broken.example.com/pull-denied:1").probe(home, NODE_NAMES[:1], [OPEN])
    assert [attempt.reach for attempt in found] == [Reach.UNKNOWN]
    assert found[0].why.startswith("ImagePullBackOff: ")
    assert left() == []


def test_an_interrupt_leaves_no_pod(cluster_access: ClusterAccess, home: str, left: Callable[[], list[str]]) -> None:
    """Ctrl-C while it waits for a pod that does not end."""
    waited: list[list[str]] = []

    def interrupt(_: float) -> None:
        waited.append(left())
        raise KeyboardInterrupt

    prober = KubeNodeProber(cluster_access, "probe.example.com/hangs:1", sleep=interrupt)
    with pytest.raises(KeyboardInterrupt):
        prober.probe(home, NODE_NAMES, [OPEN])
    assert [len(pods) for pods in waited] == [2]
    assert left() == []


def test_a_refusal_leaves_no_pod(
    cluster_access: ClusterAccess, home: str, kubectl: Kubectl, left: Callable[[], list[str]]
) -> None:
    """When the second pod is refused, the first one goes as well, and the refusal is told."""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "one"}, "spec": {"hard": {"pods": "1"}}}
    kubectl("-n", home, "create", "-f", "-", stdin=json.dumps(quota))
    kubectl("-n", home, "wait", "--for=jsonpath={.status.hard.pods}=1", "quota/one")
    with pytest.raises(ApiError, match="exceeded quota"):
        KubeNodeProber(cluster_access, "probe.example.com/hangs:1").probe(home, NODE_NAMES, [OPEN])
    assert left() == []


def test_what_a_killed_run_left(
    cluster_access: ClusterAccess, home: str, kubectl: Kubectl, left: Callable[[], list[str]]
) -> None:
    """A pod beyond its deadline is removed by the next run; one that is still waited for is not."""
    for name, deadline in (("old", 1), ("young", 600)):
        pod = json.loads(
            json.dumps(probe_pod(name, home, NODE_NAMES[0], "probe.example.com/hangs:1", [OPEN], "killed"))
        )
        pod["spec"]["activeDeadlineSeconds"] = deadline
        kubectl("create", "-f", "-", stdin=json.dumps(pod))
    kubectl("-n", home, "wait", "--for=condition=Ready", "pod/old")
    born = kubectl("-n", home, "get", "pod", "old", "-o", "jsonpath={.metadata.creationTimestamp}")
    assert born
    prober = KubeNodeProber(cluster_access, IMAGE)
    for _ in range(30):
        prober.probe(home, NODE_NAMES[:1], [OPEN])
        if "pod/old" not in left():
            break
    assert left() == ["pod/young"]
    assert kubectl("-n", home, "get", "pods", "-l", RUN_LABEL, "-o", "name").split() == ["pod/young"]
