"""Node ports: free, taken, doubled, out of range, unknown."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.preflight import Area, Status
from reconciler.model.surroundings import Surroundings, Unread
from reconciler.model.workloads import RenderedObject
from reconciler.preflight.node_ports import asks_node_ports, doubled_node_ports, node_port_checks
from tests.preflight.objects import API, ELSEWHERE, PLACES, WEB, live, rendered

HELD = Surroundings(
    services=(live("Service", "holder", "other", spec={"type": "NodePort", "ports": [{"nodePort": 30080}]}),)
)


def service(name: str, *ports: int, kind: str = "NodePort", **fields: Any) -> RenderedObject:
    """A Service that names node ports."""
    spec = {"type": kind, "ports": [{"port": 80, "nodePort": port} for port in ports], **fields}
    return rendered("Service", name, spec, of=WEB if name == "web" else API)


@pytest.mark.parametrize(
    ("item", "status", "message"),
    [
        pytest.param(service("api", 30081), Status.OK, "free", id="free"),
        pytest.param(
            service("api", 30080),
            Status.FAILED,
            "provided port is already allocated: Service other/holder has it",
            id="taken",
        ),
        pytest.param(
            service("api", kind="LoadBalancer", healthCheckNodePort=30080),
            Status.FAILED,
            "provided port is already allocated: Service other/holder has it",
            id="the port of health checks",
        ),
        pytest.param(
            service("api", 8080),
            Status.WARNING,
            "it is outside of 30000-32767, the range that API servers have unless told otherwise",
            id="out of the range",
        ),
    ],
)
def test_one_port(item: RenderedObject, status: Status, message: str) -> None:
    """Whoever has it is named."""
    (found,) = node_port_checks([item], HELD, PLACES)
    assert (found.area, found.status, found.message) == (Area.PORTS, status, message)
    assert (found.hint is None) == (status is Status.OK)


def test_services_without_node_ports_are_no_matter() -> None:
    """A ClusterIP names none, and a NodePort may leave the choice to the server."""
    items = [service("api", 0), service("api", 30080, kind="ClusterIP")]
    assert list(node_port_checks(items, HELD, PLACES)) == []
    assert not asks_node_ports(items)


def test_our_own_live_service_is_no_rival() -> None:
    """An upgrade keeps its port."""
    own = live("Service", "api", spec={"type": "NodePort", "ports": [{"nodePort": 30080}]})
    (found,) = node_port_checks([service("api", 30080)], Surroundings(services=(own,)), PLACES)
    assert found.status is Status.OK


def test_a_port_asked_for_twice_in_the_environment() -> None:
    """The second one fails, with the first one's name; whatever the protocol is."""
    items = [service("api", 30081), service("web", 30081)]
    first, second = node_port_checks(items, Surroundings(), PLACES)
    said = "node port 30081 is asked for twice in this environment: Service shop/api of release shop/api has it too"
    assert first.status is Status.OK
    assert (second.status, second.message, second.where) == (Status.FAILED, said, ELSEWHERE)
    assert [(item.id.name, text) for item, text in doubled_node_ports(items)] == [("web", said)]


def test_one_service_may_have_a_port_twice() -> None:
    """For TCP and UDP."""
    assert list(doubled_node_ports([service("api", 30081, 30081)])) == []


def test_services_that_may_not_be_listed() -> None:
    """Unknown, with the server's reason: no failure."""
    (found,) = node_port_checks([service("api", 30081)], Surroundings(services=Unread("services is forbidden")), PLACES)
    assert (found.status, found.message) == (
        Status.UNKNOWN,
        "whether it is free is not known: services is forbidden",
    )
