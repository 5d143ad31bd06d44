"""What an API server's answer to a list holds."""

from __future__ import annotations

from reconciler.errors import ClusterError
from reconciler.model.json import Json, JsonMap, as_map, maps_at


def items_of(answer: Json, cluster: str) -> list[JsonMap]:
    """The objects of it.

    Raises:
        ClusterError: it is no list of objects. Taken for an empty one, it would make everything look deleted.
    """
    found = as_map(answer)
    # An empty list of metadata has null for its items.
    if "items" not in found or not isinstance(found["items"], list | None):
        raise ClusterError(
            f"cluster {cluster}: the answer to a list is no list of objects",
            hint="something else may answer at the `server` of the kubeconfig",
        )
    return maps_at(found, "items")
