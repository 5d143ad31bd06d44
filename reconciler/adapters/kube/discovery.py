"""Which kinds an API server serves, in two requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.adapters.kube.transport import Transport
from reconciler.errors import ClusterError
from reconciler.model.cluster import Resource
from reconciler.model.engine import Capabilities
from reconciler.model.identity import Kind
from reconciler.model.json import Json, JsonMap, as_map, maps_at, text_at

# Aggregated discovery, stable since Kubernetes 1.30: https://kubernetes.io/docs/concepts/overview/kubernetes-api/
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


@dataclass(frozen=True, slots=True)
class Served:
    """What a cluster serves.

    Attributes:
        resources: every kind that can be read and applied.
        silent: API versions whose own servers do not answer, so that their kinds are not known, or not for sure.
    """

    resources: Mapping[Kind, Resource]
    silent: tuple[str, ...]


def discover(transport: Transport) -> Served:
    """Ask it. Raises ClusterError."""
    versions = [found for path in ("/api", "/apis") for group in _groups(transport, path) for found in _versions(group)]
    resources = (resource for name, version in versions for resource in _of_version(name, version))
    silent = tuple(name for name, version in versions if text_at(version, "freshness") == "Stale")
    return Served({resource.kind: resource for resource in resources}, silent)


def _groups(transport: Transport, path: str) -> Sequence[Json]:
    answer = transport.get(path, accept=_AGGREGATED)
    if text_at(answer, "kind") != "APIGroupDiscoveryList":
        raise ClusterError(
            f"cluster {transport.cluster}: it has no aggregated discovery at {path}",
            hint="it has to be Kubernetes 1.30 or newer; or something else answers at the `server` of the kubeconfig",
        )
    groups = answer.get("items")
    return groups if isinstance(groups, list) else []


def capabilities(transport: Transport, resources: Mapping[Kind, Resource]) -> Capabilities:
    """What templates see of the cluster, in the forms that Helm gives. Raises ClusterError."""
    version = str(transport.get("/version")["gitVersion"])
    kinds = [f"{kind.api_version}/{kind.name}" for kind in resources]
    versions = {kind.api_version for kind in resources}
    return Capabilities(version, tuple(sorted({*versions, *kinds})))


def _versions(group: Json) -> Iterator[tuple[str, JsonMap]]:
    """The API versions of a group, by name."""
    name = text_at(group, "metadata", "name")
    for version in maps_at(group, "versions"):
        yield "/".join(filter(None, (name, text_at(version, "version")))), version


def _of_version(api_version: str, version: JsonMap) -> Iterator[Resource]:
    for item in maps_at(version, "resources"):
        kind = text_at(item, "responseKind", "kind")
        if kind and _allows(item, "get"):
            plural, namespaced = text_at(item, "resource"), text_at(item, "scope") == "Namespaced"
            yield Resource(Kind(api_version, kind), plural, namespaced, _allows(item, "list", "delete"))


def _allows(item: Json, *wanted: str) -> bool:
    verbs = as_map(item).get("verbs")
    return isinstance(verbs, list) and all(verb in verbs for verb in wanted)
