"""What objects ask of their namespace, by the names that ResourceQuotas use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from reconciler.model.json import JsonMap, as_map, dig, maps_at, text_at
from reconciler.model.manifest import is_hook
from reconciler.model.surroundings import Reading, Unread
from reconciler.model.workloads import RenderedObject, pod_count, pod_spec, pod_template
from reconciler.preflight.quantities import quantity

Amounts = Mapping[str, Decimal]

# https://kubernetes.io/docs/concepts/policy/resource-quotas/
_COUNTED = {
    "ConfigMap": "configmaps",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "ReplicationController": "replicationcontrollers",
    "ResourceQuota": "resourcequotas",
    "Secret": "secrets",
    "Service": "services",
}
_DEMANDABLE = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")


@dataclass(frozen=True, slots=True)
class Limits:
    """What LimitRanges give to containers that ask for nothing."""

    requests: JsonMap = field(default_factory=dict)
    limits: JsonMap = field(default_factory=dict)

    @classmethod
    def of(cls, reading: Reading) -> Limits:
        """The defaults of all LimitRanges of a namespace."""
        requests: dict[str, object] = {}
        limits: dict[str, object] = {}
        for item in () if isinstance(reading, Unread) else reading:
            for entry in maps_at(item, "spec", "limits"):
                if entry.get("type") == "Container":
                    limits.update(as_map(entry.get("default")))
                    requests.update({**as_map(entry.get("default")), **as_map(entry.get("defaultRequest"))})
        return cls(requests, limits)  # type: ignore[arg-type] # they are JSON, as they came

    def of_container(self, container: JsonMap) -> Mapping[str, object]:
        """What a container is counted with: `requests.cpu` and so on. A limit without a request is one as well."""
        limits = {**self.limits, **as_map(dig(container, "resources", "limits"))}
        own = as_map(dig(container, "resources", "limits"))
        requests = {**self.requests, **own, **as_map(dig(container, "resources", "requests"))}
        return {
            **{f"requests.{name}": value for name, value in requests.items()},
            **{f"limits.{name}": value for name, value in limits.items()},
        }


def usage(items: Sequence[RenderedObject], limits: Limits, nodes: int, plurals: Mapping[str, str]) -> Amounts:
    """The sum over objects; `nodes` is on how many DaemonSets run, `plurals` names kinds for `count/…`."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for item in items:
        if is_hook(item.item):
            continue
        for name, amount in _of_object(item, limits, nodes, plurals):
            found[name] += amount
    return dict(found)


def _of_object(
    item: RenderedObject, limits: Limits, nodes: int, plurals: Mapping[str, str]
) -> Iterator[tuple[str, Decimal]]:
    kind = item.id.kind
    if str(kind) in plurals:
        yield "count/" + ".".join(filter(None, (plurals[str(kind)], kind.group))), Decimal(1)
    if kind.api_version == "v1" and kind.name in _COUNTED:
        yield _COUNTED[kind.name], Decimal(1)
    if kind.name == "Service" and kind.api_version == "v1":
        yield from _of_service(item.item)
    if kind.name == "PersistentVolumeClaim":
        yield from _of_claim(item.item, 1)
    pods = pod_count(item, nodes)
    if pod_template(item) is not None and pods:
        yield from (
            (name, amount * pods) for name, amount in (("pods", Decimal(1)), *_pod(pod_spec(item), limits).items())
        )
        yield "count/pods", Decimal(pods)
    for claim in maps_at(item.item, "spec", "volumeClaimTemplates"):
        yield "persistentvolumeclaims", Decimal(pods)
        yield "count/persistentvolumeclaims", Decimal(pods)
        yield from _of_claim(claim, pods)


def _of_service(service: JsonMap) -> Iterator[tuple[str, Decimal]]:
    kind = text_at(service, "spec", "type")
    if kind == "LoadBalancer":
        yield "services.loadbalancers", Decimal(1)
    balanced = kind == "LoadBalancer" and dig(service, "spec", "allocateLoadBalancerNodePorts") is not False
    if kind == "NodePort" or balanced:
        yield "services.nodeports", Decimal(len(maps_at(service, "spec", "ports")))


def _of_claim(claim: JsonMap, count: int) -> Iterator[tuple[str, Decimal]]:
    size = (quantity(dig(claim, "spec", "resources", "requests", "storage")) or Decimal()) * count
    yield "requests.storage", size
    storage_class = text_at(claim, "spec", "storageClassName")
    if storage_class:
        yield f"{storage_class}.storageclass.storage.k8s.io/requests.storage", size
        yield f"{storage_class}.storageclass.storage.k8s.io/persistentvolumeclaims", Decimal(count)


def _pod(spec: JsonMap, limits: Limits) -> Amounts:
    """What one pod counts with: its containers together, or the init container that needs most at its time.

    https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
    """
    running = _sum(limits, maps_at(spec, "containers"))
    beside: Amounts = {}
    peak: Amounts = {}
    for container in maps_at(spec, "initContainers"):
        asked = _sum(limits, [container])
        if container.get("restartPolicy") == "Always":
            beside = _added(beside, asked)
            peak = _larger(peak, beside)
        else:
            peak = _larger(peak, _added(beside, asked))
    overhead = {
        f"requests.{name}": quantity(value) or Decimal() for name, value in as_map(spec.get("overhead")).items()
    }
    return _added(_larger(_added(running, beside), peak), overhead)


def _sum(limits: Limits, containers: Sequence[JsonMap]) -> Amounts:
    found: Amounts = {}
    for container in containers:
        asked = {name: quantity(value) or Decimal() for name, value in limits.of_container(container).items()}
        found = _added(found, asked)
    return found


def _added(one: Amounts, other: Amounts) -> Amounts:
    return {name: one.get(name, Decimal()) + other.get(name, Decimal()) for name in (*one, *other)}


def _larger(one: Amounts, other: Amounts) -> Amounts:
    return {name: max(one.get(name, Decimal()), other.get(name, Decimal())) for name in (*one, *other)}


def undeclared(items: Sequence[RenderedObject], limits: Limits, demanded: set[str]) -> Mapping[str, list[str]]:
    """What a quota demands of every container, and which containers do not say it: such pods are refused."""
    found: dict[str, list[str]] = {}
    for item in items:
        spec = pod_spec(item)
        for container in (*maps_at(spec, "initContainers"), *maps_at(spec, "containers")):
            asked = limits.of_container(container)
            for name in _DEMANDABLE:
                if name in demanded and name not in asked:
                    found.setdefault(name, []).append(f"{text_at(container, 'name')} of {item.id}")
    return found
