"""Ports of nodes that pods ask for → checks: on how many nodes they are free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import Location
from reconciler.model.identity import ReleaseId
from reconciler.model.json import JsonMap, as_map, dig, maps_at, number_at, text_at
from reconciler.model.placement import fits
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.surroundings import Surroundings, Unread
from reconciler.model.workloads import RenderedObject, pod_count, pod_spec

_NAMED = 3

Places = Mapping[ReleaseId, Location]


def asks_host_ports(items: Sequence[RenderedObject]) -> bool:
    """Whether any pod takes ports of its node."""
    return any(_host_ports(pod_spec(item)) for item in items)


@dataclass(frozen=True, slots=True)
class _HostPort:
    """A port of a node, on all of its addresses or on one."""

    port: int
    protocol: str
    address: str

    def collides(self, other: _HostPort) -> bool:
        """Whether two pods cannot have both on one node."""
        same = (self.port, self.protocol) == (other.port, other.protocol)
        return same and (self.address == other.address or "" in (self.address, other.address))

    def __str__(self) -> str:
        return f"{self.port}/{self.protocol}"


def _host_ports(spec: JsonMap) -> list[_HostPort]:
    on_host = spec.get("hostNetwork") is True
    found = []
    for container in (*maps_at(spec, "initContainers"), *maps_at(spec, "containers")):
        for port in maps_at(container, "ports"):
            number = number_at(port, "hostPort") or (number_at(port, "containerPort") if on_host else 0)
            address = text_at(port, "hostIP").replace("0.0.0.0", "")  # noqa: S104 - all addresses, as the field says it
            if number:
                found.append(_HostPort(number, text_at(port, "protocol") or "TCP", address))
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Taker:
    """A pod, live or to come, that takes ports of a node."""

    name: str
    ports: Sequence[_HostPort]
    count: int = 1


def host_port_checks(items: Sequence[RenderedObject], around: Surroundings, places: Places) -> Iterator[Check]:
    """Each host port that pods ask for: whether there are nodes enough on which it is free."""
    if not asks_host_ports(items):
        return
    if isinstance(around.nodes, Unread):
        yield from _unknown(items, around.nodes, places)
    elif isinstance(around.pods, Unread):
        yield from _unknown(items, around.pods, places)
    else:
        yield from _Hosts(items, around.nodes, around.pods, places).checks()


def _unknown(items: Sequence[RenderedObject], unread: Unread, places: Places) -> Iterator[Check]:
    message = f"whether it is free is not known: {unread.reason}"
    for item in items:
        for port in _host_ports(pod_spec(item)):
            subject, where = f"{item.id} hostPort {port}", places.get(item.release)
            yield Check(Area.PORTS, subject, Status.UNKNOWN, message, None, where, item.release.cluster)


@dataclass(frozen=True, slots=True)
class _Hosts:
    """The nodes, and who has which of their ports."""

    items: Sequence[RenderedObject]
    nodes: Sequence[JsonMap]
    pods: Sequence[JsonMap]
    places: Places

    def checks(self) -> Iterator[Check]:
        before: list[_Taker] = []
        for item in self.items:
            spec = pod_spec(item)
            ports = _host_ports(spec)
            eligible = [node for node in self.nodes if fits(spec, node)]
            wanted = pod_count(item, len(eligible))
            for port in ports:
                yield self._check(item, port, wanted, eligible, before)
            if ports:
                before.append(_Taker(f"{item.id}", ports, wanted))

    def _check(
        self,
        item: RenderedObject,
        port: _HostPort,
        wanted: int,
        eligible: Sequence[JsonMap],
        before: Sequence[_Taker],
    ) -> Check:
        names = [text_at(node, "metadata", "name") for node in eligible]
        taken = {name: holder for name in names for holder in self._holders(name, port)}
        rivals = [taker for taker in before if any(port.collides(other) for other in taker.ports)]
        free = len(names) - len(taken) - sum(taker.count for taker in rivals)
        subject, cluster = f"{item.id} hostPort {port}", item.release.cluster
        if wanted <= free:
            message = f"free on {free} of {len(names)} nodes that fit, wanted on {wanted}"
            return Check(Area.PORTS, subject, Status.OK, message, cluster=cluster)
        held = [f"{holder} on {name}" for name, holder in taken.items()] + [taker.name for taker in rivals]
        by = f": {_listed(held)}" if held else ""
        message = f"wanted on {wanted} {'node' if wanted == 1 else 'nodes'}, and free on {max(free, 0)} of the "
        message += f"{len(names)} that fit{by}"
        hint = "use another port or a Service, fewer replicas, or more nodes"
        return Check(Area.PORTS, subject, Status.FAILED, message, hint, self.places.get(item.release), cluster)

    def _holders(self, node: str, port: _HostPort) -> Iterator[str]:
        for pod in self.pods:
            if text_at(pod, "spec", "nodeName") != node or _has_ended(pod) or self._is_ours(pod):
                continue
            if any(port.collides(other) for other in _host_ports(as_map(pod.get("spec")))):
                yield f"Pod {text_at(pod, 'metadata', 'namespace')}/{text_at(pod, 'metadata', 'name')}"

    def _is_ours(self, pod: JsonMap) -> bool:
        """Whether an object of the environment made it, so that it will make room."""
        labels = as_map(dig(pod, "metadata", "labels"))
        home = text_at(pod, "metadata", "namespace")
        return any(item.id.namespace == home and _selects(item, labels, pod) for item in self.items)


def _selects(item: RenderedObject, labels: JsonMap, pod: JsonMap) -> bool:
    wanted = as_map(dig(item.item, "spec", "selector", "matchLabels"))
    if wanted:
        return all(labels.get(key) == value for key, value in wanted.items())
    return item.id.kind.name == "Pod" and item.id.name == text_at(pod, "metadata", "name")


def _has_ended(pod: JsonMap) -> bool:
    return text_at(pod, "status", "phase") in ("Succeeded", "Failed")


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
