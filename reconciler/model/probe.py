"""A cluster asked about itself and about us: what can be known before anything is planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from reconciler.model.cluster import Resource
from reconciler.model.desired import Impersonation
from reconciler.model.json import JsonMap
from reconciler.model.network import Certificate, Endpoint, Hop


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the API server takes us for."""

    username: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """To do one thing with one resource; `*` means any.

    Attributes:
        resource: plural, with its subresource: `pods`, `pods/log`.
        namespace: empty for cluster-scoped resources.
        name: empty for any object.
    """

    verb: str
    group: str
    resource: str
    namespace: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Road:
    """The way to an API server.

    Attributes:
        hops: the steps of a connection; the last one has the fault, if there is one.
        login: the client's own certificate, for kubeconfigs that have one.
    """

    server: str
    endpoint: Endpoint = field(repr=False)
    hops: tuple[Hop, ...]
    login: Certificate | None

    @property
    def is_open(self) -> bool:
        """Whether the server can be spoken to."""
        return all(hop.fault is None for hop in self.hops)


class ClusterProber(Protocol):
    """Asks a cluster; nothing is stored. Methods raise ClusterError or ApiError, as those of ClusterReader do."""

    name: str

    def acting_as(self, user: Impersonation | None) -> Self:
        """The same cluster asked as another user; None: as before."""
        ...

    def road(self) -> Road:
        """How far a connection gets. Raises ClusterError only for a kubeconfig of no use."""
        ...

    def identity(self) -> Identity:
        """Who we are there."""
        ...

    def version(self) -> str:
        """Such as `v1.35.4`."""
        ...

    def may(self, right: Right) -> bool:
        """Whether we have a right."""
        ...

    def warnings(self, resource: Resource, namespace: str) -> Sequence[str]:
        """What the server says beside its answer to whoever lists a kind, such as that it is deprecated."""
        ...

    def listed(self, resource: Resource, namespace: str) -> Sequence[JsonMap]:
        """All objects of a kind in a namespace (empty: in all), page by page."""
        ...
