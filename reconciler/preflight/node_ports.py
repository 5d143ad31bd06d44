"""Node ports that Services ask for → checks: who has them already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import Location
from reconciler.model.identity import ReleaseId
from reconciler.model.json import JsonMap, maps_at, number_at, text_at
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.surroundings import Surroundings, Unread
from reconciler.model.workloads import RenderedObject

# What API servers have unless --service-node-port-range says otherwise, which cannot be asked.
_USUAL_RANGE = range(30000, 32768)

Places = Mapping[ReleaseId, Location]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A node port and the Service that asks for it. The server counts them whatever the protocol is."""

    port: int
    by: RenderedObject


def asks_node_ports(items: Sequence[RenderedObject]) -> bool:
    """Whether any Service names a node port."""
    return any(_node_ports(item.item) for item in items if _is_service(item))


def node_port_checks(items: Sequence[RenderedObject], around: Surroundings, places: Places) -> Iterator[Check]:
    """Each node port that is asked for: free, outside of the usual range, or taken and by whom."""
    asked = [_Asked(port, item) for item in items if _is_service(item) for port in _node_ports(item.item)]
    ours = {(item.id.namespace, item.id.name) for item in items if _is_service(item)}
    holders = _holders(around, ours)
    first: dict[int, RenderedObject] = {}
    for each in asked:
        earlier = first.setdefault(each.port, each.by)
        yield _node_port(each, earlier, holders, places)


def doubled_node_ports(items: Sequence[RenderedObject]) -> Iterator[tuple[RenderedObject, str]]:
    """The Services that ask for a node port that another one of the same environment has, and what to say."""
    first: dict[int, RenderedObject] = {}
    for item in items:
        for port in _node_ports(item.item) if _is_service(item) else ():
            earlier = first.setdefault(port, item)
            if earlier.id != item.id:
                yield item, _doubled(port, earlier)


def _is_service(item: RenderedObject) -> bool:
    return (item.id.kind.api_version, item.id.kind.name) == ("v1", "Service")


def _node_ports(service: JsonMap) -> list[int]:
    if text_at(service, "spec", "type") not in ("NodePort", "LoadBalancer"):
        return []
    ports = [number_at(port, "nodePort") for port in maps_at(service, "spec", "ports")]
    # One Service may have the same port for TCP and UDP.
    return [port for port in dict.fromkeys((*ports, number_at(service, "spec", "healthCheckNodePort"))) if port]


def _holders(around: Surroundings, ours: set[tuple[str, str]]) -> Mapping[int, str] | Unread:
    if isinstance(around.services, Unread):
        return around.services
    found = {}
    for service in around.services:
        name = (text_at(service, "metadata", "namespace"), text_at(service, "metadata", "name"))
        if name not in ours:
            found.update(dict.fromkeys(_node_ports(service), "/".join(name)))
    return found


def _node_port(asked: _Asked, earlier: RenderedObject, holders: Mapping[int, str] | Unread, places: Places) -> Check:
    cluster, where = asked.by.release.cluster, places.get(asked.by.release)
    subject = f"{asked.by.id} nodePort {asked.port}"
    hint = "choose another nodePort in the values, or leave it out: the server then takes a free one"
    if earlier.id != asked.by.id:
        return Check(Area.PORTS, subject, Status.FAILED, _doubled(asked.port, earlier), hint, where, cluster)
    if isinstance(holders, Unread):
        message = f"whether it is free is not known: {holders.reason}"
        return Check(Area.PORTS, subject, Status.UNKNOWN, message, where=where, cluster=cluster)
    if asked.port in holders:
        message = f"provided port is already allocated: Service {holders[asked.port]} has it"
        return Check(Area.PORTS, subject, Status.FAILED, message, hint, where, cluster)
    if asked.port not in _USUAL_RANGE:
        message = f"it is outside of {_USUAL_RANGE.start}-{_USUAL_RANGE.stop - 1}, the range that API servers have"
        message += " unless told otherwise"
        return Check(Area.PORTS, subject, Status.WARNING, message, hint, where, cluster)
    return Check(Area.PORTS, subject, Status.OK, "free", cluster=cluster)


def _doubled(port: int, earlier: RenderedObject) -> str:
    return f"node port {port} is asked for twice in this environment: {earlier.id} of {earlier.release} has it too"
