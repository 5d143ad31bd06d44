"""Looking from the nodes of one cluster: short-lived pods there, and what they reach."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.flows.site import Site
from reconciler.model.identity import Kind
from reconciler.model.node_probe import NodeProber
from reconciler.model.preflight import Check
from reconciler.preflight.nodes import node_checks, probed, targets
from reconciler.preflight.pulling import image_uses

_NODE = Kind("v1", "Node")
_DEFAULT = "default"


def from_nodes(site: Site, prober: NodeProber) -> Iterator[Check]:
    """Whether pods on each node reach the API server and each registry."""
    wanted = targets(use.image for use in image_uses(site.objects))
    names, left_out = probed(site.prober.listed(site.resources[_NODE], ""), wanted)
    found = prober.probe(_namespace(site), names, wanted) if names else ()
    yield from node_checks([*found, *left_out], site.access.name)


def _namespace(site: Site) -> str:
    """One of the environment's that is there, since we may have rights in no other."""
    return min((found.name for found in site.cluster.namespaces), default=_DEFAULT) if site.cluster else _DEFAULT
