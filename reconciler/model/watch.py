"""Objects of a cluster, told as they change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from reconciler.errors import ClusterError
    from reconciler.model.cluster import Resource
    from reconciler.model.json import JsonMap


@dataclass(frozen=True, slots=True)
class Place:
    """The objects of a kind in a namespace (empty: in all) that carry the labels.

    Attributes:
        whole: False: only apiVersion, kind and metadata of each are told.
    """

    resource: Resource
    namespace: str
    selector: str
    whole: bool = True


class Sink(Protocol):
    """Whoever is told. By one thread for each place; has to be quick, and must not raise."""

    def seen(self, item: JsonMap) -> None:
        """An object as it is now; the same state may be told again."""
        ...

    def gone(self, item: JsonMap) -> None:
        """An object, as it was last, that was deleted or lost its labels."""
        ...

    def complete(self, present: AbstractSet[tuple[str, str]], version: str) -> None:
        """All objects have been told, these by namespace and name: others are gone at this resourceVersion."""
        ...

    def failed(self, error: ClusterError) -> None:
        """The place cannot be watched at the moment; it is tried again."""
        ...


class Watch(Protocol):
    """A place that is being watched."""

    def stop(self) -> None:
        """End it, from any thread, whatever it waits for. Returns at once; what was read already may still be told."""
        ...


class Watcher(Protocol):
    """One cluster."""

    def watch(self, place: Place, sink: Sink) -> Watch:
        """Tell all objects of a place, and then their changes, until it is stopped. Returns at once."""
        ...
