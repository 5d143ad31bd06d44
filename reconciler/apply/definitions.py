"""Kinds that a chart's crds/ define: nothing of the release is written before the server serves them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from reconciler.errors import ClusterError
from reconciler.model.cluster import ClusterWriter
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap, dig, maps_at, text_at

DEFINITION = Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition")
# Seconds. A server takes less than one, and never accepts a name that another definition has.
PATIENCE, PAUSE = 60.0, 0.1


def await_served(cluster: ClusterWriter, made: Iterable[ObjectId], stop: threading.Event) -> None:
    """Wait until the kinds of these definitions are served; what else there is among them needs no time.

    Raises:
        ClusterError: one is not served in time, or `stop` was set.
    """
    end = time.monotonic() + PATIENCE
    waiting = [identity for identity in made if identity.kind == DEFINITION]
    while waiting:
        cluster.refresh()
        found = [(identity, _fetch(cluster, identity)) for identity in waiting]
        late = [(identity, live) for identity, live in found if not _is_served(cluster, live)]
        if late and (time.monotonic() > end or stop.wait(PAUSE)):
            raise _not_served(cluster, *late[0])
        waiting = [identity for identity, _ in late]


def _fetch(cluster: ClusterWriter, identity: ObjectId) -> JsonMap:
    return cluster.fetch(cluster.resources()[DEFINITION], "", identity.name) or {}


def _is_served(cluster: ClusterWriter, live: JsonMap) -> bool:
    """Established, and told to whoever asks which kinds there are: the one may be true before the other."""
    conditions = maps_at(live, "status", "conditions")
    group, name = text_at(live, "spec", "group"), text_at(live, "spec", "names", "kind")
    served = (each for each in maps_at(live, "spec", "versions") if dig(each, "served") is True)
    kinds = {Kind(f"{group}/{text_at(each, 'name')}", name) for each in served}
    return any(_holds(each, "Established") for each in conditions) and kinds <= cluster.resources().keys()


def _holds(condition: JsonMap, kind: str) -> bool:
    return text_at(condition, "type") == kind and text_at(condition, "status") == "True"


def _not_served(cluster: ClusterWriter, identity: ObjectId, live: JsonMap) -> ClusterError:
    conditions = maps_at(live, "status", "conditions")
    told = [text_at(each, "message") for each in conditions if text_at(each, "status") == "False"]
    why = f": {'; '.join(filter(None, told))}" if any(told) else ""
    hint = f"see `kubectl get crd {identity.name} -o yaml`, then apply again"
    return ClusterError(f"cluster {cluster.name}: the kind of {identity} is not served{why}", hint=hint)
