"""What carries the label of an environment and is no longer in its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.identity import AccountId, NamespaceId, ObjectId, SecretId
from reconciler.model.json import JsonMap
from reconciler.model.observed import StoredRelease


@dataclass(frozen=True, slots=True)
class OrphanRelease:
    """A release.

    Attributes:
        objects: those of its manifest that are live, but for those that the chart keeps.
        claims: PersistentVolumeClaims that the garbage collector takes along with them.
    """

    stored: StoredRelease
    objects: Mapping[ObjectId, JsonMap] = field(repr=False)
    claims: tuple[ObjectId, ...] = ()


@dataclass(frozen=True, slots=True)
class OrphanSecret:
    """A Secret; of `item`, only the metadata is known."""

    id: SecretId
    item: JsonMap = field(repr=False)


@dataclass(frozen=True, slots=True)
class OrphanNamespace:
    """A namespace.

    Attributes:
        contents: the metadata of everything in it.
        unread: why not all of that could be read; None: it could.
        accounts: ServiceAccounts in it that pull secrets were attached to.
    """

    id: NamespaceId
    item: JsonMap = field(repr=False)
    contents: tuple[JsonMap, ...] = field(default=(), repr=False)
    unread: str | None = None
    accounts: tuple[AccountId, ...] = ()


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
