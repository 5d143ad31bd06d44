"""What carries the label of an environment and is no longer in its file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from reconciler.model.identity import AccountId, NamespaceId, ObjectId, SecretId
from reconciler.model.json import JsonMap
from reconciler.model.observed import StoredRelease
from reconciler.model.ownership import ADOPTED, is_marked

# In place of a name: all of a kind.
EVERY = "*"
# Kubernetes has them before anybody does.
_GIVEN = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})


@dataclass(frozen=True, slots=True)
class OrphanRelease:
    """A release.

    Attributes:
        objects: those of its manifest that are live, but for those that the chart keeps; in a version that is served.
        claims: the metadata of PersistentVolumeClaims that the garbage collector takes along with them.
        unread: what of that could not be read, and why; its name may be EVERY.
    """

    stored: StoredRelease
    objects: Mapping[ObjectId, JsonMap] = field(repr=False)
    claims: tuple[JsonMap, ...] = field(default=(), repr=False)
    unread: Mapping[ObjectId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrphanSecret:
    """A Secret.

    Attributes:
        item: its metadata.
        unread: why not even that could be read; None: it could.
    """

    id: SecretId
    item: JsonMap = field(repr=False)
    unread: str | None = None


@dataclass(frozen=True, slots=True)
class OrphanNamespace:
    """A namespace.

    Attributes:
        item: empty when it could not be read.
        contents: the metadata of everything in it.
        unread: why not all of that could be read; None: it could.
        accounts: ServiceAccounts in it that pull secrets were attached to.
    """

    id: NamespaceId
    item: JsonMap = field(repr=False)
    contents: tuple[JsonMap, ...] = field(default=(), repr=False)
    unread: str | None = None
    accounts: tuple[AccountId, ...] = ()

    def stays(self, left_alone: Collection[NamespaceId]) -> bool:
        """Whether it is given up and not deleted: others are to have it now, or had it before, as its mark tells."""
        return self.id in left_alone or self.id.name in _GIVEN or is_marked(self.item, ADOPTED)


@dataclass(frozen=True, slots=True)
class Orphans:
    """What one cluster has of them.

    Attributes:
        owned: how many releases, secrets and namespaces carry the environment's label, orphans included.
        gaps: what could not be looked at, and why.
    """

    cluster: str
    owned: int = 0
    releases: tuple[OrphanRelease, ...] = ()
    secrets: tuple[OrphanSecret, ...] = ()
    namespaces: tuple[OrphanNamespace, ...] = ()
    gaps: tuple[str, ...] = ()
