"""Host ports: on how many nodes they are free, and who has them."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.preflight import Status
from reconciler.model.surroundings import Surroundings, Unread
from reconciler.model.workloads import RenderedObject
from reconciler.preflight.host_ports import asks_host_ports, host_port_checks
from tests.preflight.objects import PLACES, container, deployment, live, rendered

NODES = [live("Node", f"node-{number}", "", spec={}) for number in range(3)]
POD = {"containers": [container(ports=[{"containerPort": 80, "hostPort": 8080}])]}


def on_node(number: int, *ports: int, name: str = "holder", **fields: Any) -> dict[str, Any]:
    """A live pod that has ports of a node."""
    asked = container(ports=[{"containerPort": 80, "hostPort": port} for port in ports])
    labels = fields.pop("labels", {})
    spec = {"nodeName": f"node-{number}", "containers": [asked], **fields.pop("spec", {})}
    return live("Pod", name, fields.pop("namespace", "other"), spec=spec, metadata={"labels": labels}, **fields)


def check(item: RenderedObject, *pods: dict[str, Any]) -> tuple[Status, str]:
    """The only check."""
    (found,) = host_port_checks([item], Surroundings(pods=pods, nodes=NODES), PLACES)
    return found.status, found.message


@pytest.mark.parametrize(
    ("replicas", "pods", "status", "message"),
    [
        pytest.param(3, [], Status.OK, "free on 3 of 3 nodes that fit, wanted on 3", id="all nodes free"),
        pytest.param(2, [on_node(0, 8080)], Status.OK, "free on 2 of 3 nodes that fit, wanted on 2", id="enough left"),
        pytest.param(
            3,
            [on_node(0, 8080)],
            Status.FAILED,
            "wanted on 3 nodes, and free on 2 of the 3 that fit: Pod other/holder on node-0",
            id="one too few",
        ),
        pytest.param(3, [on_node(0, 9090)], Status.OK, "free on 3 of 3 nodes that fit, wanted on 3", id="another port"),
        pytest.param(
            3,
            [on_node(0, 8080, status={"phase": "Succeeded"})],
            Status.OK,
            "free on 3 of 3 nodes that fit, wanted on 3",
            id="a pod that has ended",
        ),
        pytest.param(
            3,
            [on_node(0, 8080, namespace="shop", labels={"app": "api"})],
            Status.OK,
            "free on 3 of 3 nodes that fit, wanted on 3",
            id="a pod of the same deployment",
        ),
        pytest.param(4, [], Status.FAILED, "wanted on 4 nodes, and free on 3 of the 3 that fit", id="too few nodes"),
    ],
)
def test_deployments(replicas: int, pods: list[dict[str, Any]], status: Status, message: str) -> None:
    """Each replica needs a node of its own on which the port is free."""
    assert check(deployment(pod=POD, replicas=replicas), *pods) == (status, message)


def test_a_host_network_takes_container_ports() -> None:
    """Also those of live pods."""
    pod = {"hostNetwork": True, "containers": [container(ports=[{"containerPort": 8080}])]}
    rival = on_node(0, 0, spec={"hostNetwork": True, "containers": [container(ports=[{"containerPort": 8080}])]})
    assert check(deployment(pod=pod, replicas=3), rival)[0] is Status.FAILED


@pytest.mark.parametrize(
    ("ours", "theirs", "collide"),
    [("", "", True), ("10.0.0.1", "10.0.0.2", False), ("10.0.0.1", "0.0.0.0", True), ("10.0.0.1", "10.0.0.1", True)],  # noqa: S104 - any address
)
def test_addresses(ours: str, theirs: str, *, collide: bool) -> None:
    """Two pods share a port when each has an address of the node to itself."""
    pod = {"containers": [container(ports=[{"containerPort": 80, "hostPort": 8080, "hostIP": ours}])]}
    rival = on_node(0, spec={"containers": [container(ports=[{"hostPort": 8080, "hostIP": theirs}])]})
    assert (check(deployment(pod=pod, replicas=3), rival)[0] is Status.FAILED) == collide


def test_a_daemon_set_runs_where_it_fits() -> None:
    """Nodes that its selector or a taint excludes do not count."""
    tainted = live("Node", "control", "", spec={"taints": [{"key": "control", "effect": "NoSchedule"}]})
    item = rendered("DaemonSet", spec={"template": {"spec": POD}}, version="apps/v1")
    (found,) = host_port_checks([item], Surroundings(nodes=[*NODES, tainted]), PLACES)
    assert found.message == "free on 3 of 3 nodes that fit, wanted on 3"


def test_two_workloads_of_one_environment() -> None:
    """Together they may want more than there is."""
    items = [deployment("api", POD, 2), deployment("web", POD, 2)]
    first, second = host_port_checks(items, Surroundings(nodes=NODES), PLACES)
    assert first.status is Status.OK
    assert (second.status, second.message) == (
        Status.FAILED,
        "wanted on 2 nodes, and free on 1 of the 3 that fit: Deployment shop/api",
    )


def test_what_may_not_be_read_is_unknown() -> None:
    """Nodes are often not for everybody."""
    (found,) = host_port_checks([deployment(pod=POD)], Surroundings(nodes=Unread("nodes is forbidden")), PLACES)
    assert (found.status, found.message) == (Status.UNKNOWN, "whether it is free is not known: nodes is forbidden")


def test_nothing_is_said_where_nothing_is_asked() -> None:
    """And then nothing needs to be read."""
    items = [deployment(pod={"containers": [container(ports=[{"containerPort": 80}])]})]
    assert not asks_host_ports(items)
    assert list(host_port_checks(items, Surroundings(), PLACES)) == []
