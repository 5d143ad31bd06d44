"""What pods on the nodes can reach → checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.model.image import ImageRef, is_loopback, served_at
from reconciler.model.json import JsonMap, maps_at, text_at
from reconciler.model.node_probe import Attempt, Reach, Target
from reconciler.model.preflight import Area, Check, Status

# Where pods find their API server, whatever its address is from outside.
API_SERVER = Target("kubernetes.default.svc", 443)
_HTTPS = 443
_SHOWN_NODES = 5

_STATUS = {Reach.REACHED: Status.OK, Reach.NOT_REACHED: Status.WARNING, Reach.UNKNOWN: Status.UNKNOWN}


def targets(images: Iterable[str]) -> list[Target]:
    """The API server, and the registries of these images; one on this machine is none of the nodes'."""
    registries = {registry for image in images if (registry := _registry(image)) and not is_loopback(registry)}
    return [API_SERVER, *map(_target, sorted(registries))]


def probed(nodes: Iterable[JsonMap], wanted: Sequence[Target]) -> tuple[list[str], list[Attempt]]:
    """The nodes to look from; and, for the others, that it cannot be known."""
    names: list[str] = []
    left_out: list[Attempt] = []
    for node in nodes:
        name, why = text_at(node, "metadata", "name"), _unfit(node)
        if why:
            left_out += [Attempt(name, target, Reach.UNKNOWN, why) for target in wanted]
        else:
            names.append(name)
    return names, left_out


def node_checks(found: Iterable[Attempt], cluster: str) -> Iterator[Check]:
    """For each target, the nodes from which it was reached, and those from which it was not, by reason."""
    grouped: dict[tuple[Target, Reach, str], list[str]] = {}
    for attempt in found:
        grouped.setdefault((attempt.target, attempt.reach, attempt.why), []).append(attempt.node)
    for (target, reach, why), nodes in grouped.items():
        message = f"reached from {_listed(nodes)}" if reach is Reach.REACHED else f"from {_listed(nodes)}: {why}"
        hint = _HINT if reach is Reach.NOT_REACHED else None
        yield Check(Area.NODES, f"TCP {target}", _STATUS[reach], message, hint, cluster=cluster)


_HINT = (
    "check NetworkPolicies, the firewall and the cluster's DNS; images are pulled by the node itself, "
    "which may have another way"
)


def _registry(image: str) -> str | None:
    try:
        return ImageRef.parse(image).registry
    except ValueError:
        return None  # told by the check of the image


def _target(registry: str) -> Target:
    host, colon, port = served_at(registry).rpartition(":")
    if colon and port.isdigit():
        return Target(host.strip("[]"), int(port))
    return Target(served_at(registry).strip("[]"), _HTTPS)


def _unfit(node: JsonMap) -> str:
    """Why no pod of ours can look from there; empty when it can."""
    ready = [item for item in maps_at(node, "status", "conditions") if item.get("type") == "Ready"]
    if not any(item.get("status") == "True" for item in ready):
        return "the node is not ready"
    system = text_at(node, "metadata", "labels", "kubernetes.io/os")
    return "" if system in ("", "linux") else f"the probe does not run on {system}"


def _listed(nodes: Sequence[str]) -> str:
    rest = len(nodes) - _SHOWN_NODES
    return ", ".join(nodes[:_SHOWN_NODES]) + (f" and {rest} more" if rest > 0 else "")
