"""A cluster's API server, behind interfaces: one that reads, and one that also writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, Self

from reconciler.model.engine import Capabilities
from reconciler.model.evidence import LogId
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.observed import StoredRelease

if TYPE_CHECKING:
    from reconciler.model.desired import Impersonation

# Helm's field manager, so that a person's `helm upgrade` and ours are one writer and never conflict.
HELM_MANAGER = "helm"
# What this program itself keeps: namespaces and secrets.
OWN_MANAGER = "reconciler"

# Told what came of a request: the cluster's name, the HTTP method, and the status, or NO_ANSWER.
Heard = Callable[[str, str, int], None]
NO_ANSWER = 0


def unheard(_cluster: str, _method: str, _status: int) -> None:
    """Nobody counts requests."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Where a kind is served: `plural` under its API version, and whether its objects live in namespaces.

    Attributes:
        is_removable: its objects can be listed and deleted; what the server works out when asked, such as metrics of
            pods, cannot.
    """

    kind: Kind
    plural: str
    namespaced: bool
    is_removable: bool = True


def served_as(kind: Kind, resources: Mapping[Kind, Resource]) -> Resource | None:
    """Where the objects of a kind are: in its own version, or in another one of its group that is served by now."""
    others = (item for found, item in resources.items() if (found.group, found.name) == (kind.group, kind.name))
    return resources.get(kind) or next(others, None)


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a server-side apply would store, and what the server said beside it: that a version is deprecated."""

    stored: JsonMap = field(repr=False)
    warnings: tuple[str, ...] = ()


class Cascade(StrEnum):
    """What becomes of what an object owns. FOREGROUND: it goes before the object does; ORPHAN: it stays."""

    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"


@dataclass(frozen=True, slots=True)
class Deletion:
    """Deletes one object, and only the very one that was seen.

    Attributes:
        namespace: empty for cluster-scoped kinds.
        uid: of the object that was seen; another one of the same name stays.
        version: its resourceVersion; None: whatever was changed of it since.
    """

    namespace: str
    name: str
    uid: str
    version: str | None = None
    cascade: Cascade = Cascade.BACKGROUND


@dataclass(frozen=True, slots=True)
class ClusterIdentity:
    """What tells a cluster from others.

    Attributes:
        server: the URL of its API server.
        authority: sha256 (hex) of the certificate authority that vouches for it; None: the system's.
        uid: of the namespace kube-system, which no other cluster has; None where it may not be read.
    """

    server: str
    authority: str | None
    uid: str | None

    def is_same(self, other: ClusterIdentity) -> bool:
        """Whether both are one cluster: by the uid, or by the address where one of them could not read it."""
        return self.uid == other.uid if self.uid and other.uid else self.server == other.server


class ClusterReader(Protocol):
    """Reads a cluster. Methods raise ClusterError (unreachable, credentials) or ApiError (an answer that is no)."""

    name: str

    def acting_as(self, user: Impersonation | None) -> Self:
        """The same cluster as another user, who is asked for with each request; None: as before."""
        ...

    def capabilities(self) -> Capabilities:
        """Version and API versions, for templates."""
        ...

    def identity(self) -> ClusterIdentity:
        """Which cluster it is."""
        ...

    def resources(self) -> Mapping[Kind, Resource]:
        """Every kind that is served."""
        ...

    def silent(self) -> tuple[str, ...]:
        """API versions whose own servers do not answer: what there is of their kinds cannot be told."""
        ...

    def refresh(self) -> None:
        """Forget which kinds are served: definitions may have been installed."""
        ...

    def objects(self, resource: Resource, namespace: str, selector: str, *, exact: bool = False) -> Sequence[JsonMap]:
        """The objects of a kind in a namespace (empty: in all) that carry the labels.

        They may lag by a moment, unless `exact`.
        """
        ...

    def metadata(self, resource: Resource, namespace: str, selector: str, *, exact: bool = False) -> Sequence[JsonMap]:
        """As `objects`, but only apiVersion, kind and metadata of each; none of a kind that is not served."""
        ...

    def fetch(self, resource: Resource, namespace: str, name: str) -> JsonMap | None:
        """One object as it is now, or None."""
        ...

    def log(self, log: LogId, lines: int, limit: int) -> str:
        """The last `lines` lines of a container's log, of these at most `limit` bytes; as the container wrote them."""
        ...

    def releases(self, namespace: str) -> Sequence[StoredRelease]:
        """The newest stored revision of each release in a namespace."""
        ...

    def newest_revision(self, release: ReleaseId) -> int:
        """The number of a release's newest revision, whatever became of it; 0: it has none."""
        ...

    def dry_run(self, resource: Resource, item: JsonMap, manager: str) -> DryRun:
        """What a server-side apply of `item` would do; nothing is stored. Unknown fields are errors."""
        ...


class ClusterWriter(ClusterReader, Protocol):
    """Also writes."""

    def apply(self, resource: Resource, item: JsonMap, manager: str) -> None:
        """Server-side apply; what others wrote to the same fields is overwritten."""
        ...

    def create(self, resource: Resource, item: JsonMap, manager: str) -> None:
        """Make an object; one that is there already is left as it is."""
        ...

    def delete(self, resource: Resource, deletion: Deletion) -> None:
        """Begin to delete an object; finalizers may keep it for a while. One that is gone already is no error.

        Raises:
            ApiError: of status 409, when it is not the one that was seen.
        """
        ...

    def mark_removed(
        self, release: ReleaseId, revision: int, run: str | None, rewritten: Mapping[ObjectId, Kind | None]
    ) -> None:
        """Note on a stored revision which run uninstalls it, and rewrite its manifest for that.

        Args:
            rewritten: objects, and the kind that they get there; None: Helm is to leave it, so it is taken out.

        Raises:
            ApiError: of status 409, when the revision was written to meanwhile.
            ClusterError: there is no such revision any more.
        """
        ...

    def mark_rollback(self, release: ReleaseId, target: int, run: str, revision: int) -> None:
        """Note on the revision `target` which run goes back to it, and which revision that makes.

        Raises as `mark_removed`.
        """
        ...

    def conclude(self, release: ReleaseId, revision: int) -> None:
        """Mark as superseded what is below the newest deployed revision, and still marked as deployed or under way.

        Helm does so itself while it upgrades and rolls back, and passes over its own failure to.

        Raises:
            UnrecordedError: `revision`, which Helm has made, is under way itself. An install of Helm's says that all
                is well when only its last write failed.
        """
        ...

    def mark_failed(self, release: ReleaseId, revision: int, description: str) -> None:
        """Turn a stored revision that is pending into a failed one, as Helm itself does when it is interrupted.

        Raises ClusterError when it is not pending any more, since whoever was at it lives.
        """
        ...
