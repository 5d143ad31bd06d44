"""What objects ask of their namespace."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.surroundings import Unread
from reconciler.model.workloads import RenderedObject
from reconciler.preflight.usage import Limits, undeclared, usage
from tests.preflight.objects import container, deployment, live, rendered


def asking(cpu: str = "", memory: str = "", limit: str = "", **fields: Any) -> dict[str, Any]:
    """A container with requests, and with a limit of memory."""
    requests = {name: value for name, value in (("cpu", cpu), ("memory", memory)) if value}
    limits = {"memory": limit} if limit else {}
    return container(resources={"requests": requests, "limits": limits}, **fields)


def used(*items: RenderedObject, limits: Limits | None = None, nodes: int = 3) -> dict[str, str]:
    """The sums, as text."""
    plurals = {"apps/v1": "x", "Deployment.apps/v1": "deployments", "ConfigMap.v1": "configmaps"}
    found = usage(items, limits or Limits(), nodes, plurals)
    return {name: f"{amount.normalize():f}" for name, amount in found.items()}


@pytest.mark.parametrize(
    ("pod", "cpu"),
    [
        pytest.param({"containers": [asking("100m"), asking("200m")]}, "0.3", id="containers together"),
        pytest.param(
            {"initContainers": [asking("1")], "containers": [asking("100m")]},
            "1",
            id="an init container that needs more",
        ),
        pytest.param(
            {"initContainers": [asking("50m")], "containers": [asking("100m")]}, "0.1", id="one that needs less"
        ),
        pytest.param(
            {"initContainers": [asking("50m", restartPolicy="Always")], "containers": [asking("100m")]},
            "0.15",
            id="a sidecar runs beside",
        ),
        pytest.param(
            {"initContainers": [asking("50m", restartPolicy="Always"), asking("1")], "containers": [asking("100m")]},
            "1.05",
            id="an init container beside a sidecar",
        ),
        pytest.param({"containers": [asking("100m")], "overhead": {"cpu": "250m"}}, "0.35", id="overhead"),
    ],
)
def test_a_pod(pod: dict[str, Any], cpu: str) -> None:
    """As the scheduler counts it."""
    assert used(deployment(pod=pod))["requests.cpu"] == cpu


def test_replicas_and_counts() -> None:
    """Each replica counts, and so does the object itself."""
    found = used(deployment(pod={"containers": [asking("1", "1Gi", limit="2Gi")]}, replicas=3))
    assert found == {
        "pods": "3",
        "count/pods": "3",
        "count/deployments.apps": "1",
        "requests.cpu": "3",
        "requests.memory": str(3 << 30),
        "limits.memory": str(6 << 30),
    }


@pytest.mark.parametrize(
    ("item", "pods"),
    [
        (rendered("DaemonSet", spec={"template": {"spec": {}}}, version="apps/v1"), "3"),
        (rendered("Job", spec={"template": {"spec": {}}, "parallelism": 5, "completions": 2}, version="batch/v1"), "2"),
        (rendered("Pod", spec={}), "1"),
        (rendered("CronJob", spec={"jobTemplate": {"spec": {"template": {"spec": {}}}}}, version="batch/v1"), None),
        (rendered("Deployment", spec={"template": {"spec": {}}}, version="example.com/v1"), None),
    ],
)
def test_how_many_pods(item: RenderedObject, pods: str | None) -> None:
    """By kind; a kind of somebody else with the same name makes none that we know of."""
    assert used(item).get("pods") == pods


def test_services_and_claims() -> None:
    """Node ports are counted by port; claims of a StatefulSet once for each replica."""
    balanced = rendered("Service", "lb", {"type": "LoadBalancer", "ports": [{"port": 1}, {"port": 2}]})
    claim = {"spec": {"storageClassName": "fast", "resources": {"requests": {"storage": "5Gi"}}}}
    stateful = rendered(
        "StatefulSet",
        spec={"replicas": 2, "template": {"spec": {}}, "volumeClaimTemplates": [claim]},
        version="apps/v1",
    )
    found = used(balanced, stateful, rendered("Service", "web", {"type": "NodePort", "ports": [{"port": 1}]}))
    assert found["services"] == "2"
    assert found["services.loadbalancers"] == "1"
    assert found["services.nodeports"] == "3"
    assert found["persistentvolumeclaims"] == "2"
    assert found["requests.storage"] == str(10 << 30)
    assert found["fast.storageclass.storage.k8s.io/requests.storage"] == str(10 << 30)


def test_hooks_do_not_stay() -> None:
    """They come and go one after the other."""
    hook = rendered("ConfigMap")
    hook = RenderedObject(hook.release, hook.id, {**hook.item, "metadata": {"annotations": {"helm.sh/hook": "test"}}})
    assert used(hook) == {}


def test_defaults_of_limit_ranges() -> None:
    """A container that asks for nothing gets them; a limit without a request is a request too."""
    item = live(
        "LimitRange",
        "limits",
        spec={"limits": [{"type": "Container", "default": {"memory": "1Gi"}, "defaultRequest": {"cpu": "100m"}}]},
    )
    limits = Limits.of([item])
    found = used(deployment(pod={"containers": [container()]}), limits=limits)
    assert (found["requests.cpu"], found["requests.memory"], found["limits.memory"]) == (
        "0.1",
        str(1 << 30),
        str(1 << 30),
    )
    assert used(deployment(pod={"containers": [asking(limit="2Gi")]}))["requests.memory"] == str(2 << 30)
    assert Limits.of(Unread("forbidden")) == Limits()


def test_what_is_demanded_and_not_said() -> None:
    """A quota of limits makes the server refuse pods without."""
    items = [deployment(pod={"containers": [asking("1"), asking("1", limit="1Gi", name="b")]})]
    assert undeclared(items, Limits(), {"limits.memory", "requests.cpu"}) == {
        "limits.memory": ["main of Deployment shop/api"]
    }
