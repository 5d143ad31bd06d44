"""The namespaces that an environment uses → checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.model.desired import Desired
from reconciler.model.identity import NamespaceId
from reconciler.model.json import JsonMap, maps_at, text_at
from reconciler.model.observed import ObservedCluster
from reconciler.model.preflight import Area, Check, Status

GOING_HINT = "wait until it is gone and apply again; if it stays, see what holds it"


def terminating(namespaces: Mapping[NamespaceId, JsonMap]) -> Iterator[tuple[NamespaceId, str]]:
    """The namespaces that are being deleted, in which nothing can be made, and what to say."""
    for identity, live in namespaces.items():
        if text_at(live, "metadata", "deletionTimestamp"):
            yield identity, f"namespace {identity.name} is being deleted{_held(live)}"


def namespace_checks(desired: Desired, cluster: ObservedCluster) -> Iterator[Check]:
    """Each namespace that releases go to, and those of the environment."""
    kept = {namespace.id: namespace.where for namespace in desired.namespaces}
    homes = {NamespaceId(item.id.cluster, item.id.namespace): item.where for item in desired.releases}
    going = dict(terminating(cluster.namespaces))
    for identity, where in {**homes, **kept}.items():
        subject = str(identity)
        if identity in going:
            yield Check(Area.NAMESPACE, subject, Status.FAILED, going[identity], GOING_HINT, where, cluster.name)
        elif identity in cluster.namespaces:
            yield Check(Area.NAMESPACE, subject, Status.OK, "exists", cluster=cluster.name)
        elif identity in kept:
            yield Check(Area.NAMESPACE, subject, Status.OK, "is going to be made", cluster=cluster.name)
        else:
            message = "it does not exist, and `manage: false` leaves it to others"
            hint = "create it, or remove `manage: false`"
            yield Check(Area.NAMESPACE, subject, Status.FAILED, message, hint, where, cluster.name)


def _held(live: JsonMap) -> str:
    """What keeps a namespace from going, as its controller says."""
    said = [text_at(item, "message") for item in maps_at(live, "status", "conditions") if item.get("status") == "True"]
    return f": {'; '.join(filter(None, said))}" if any(said) else ""
