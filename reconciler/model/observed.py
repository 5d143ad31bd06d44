"""What the clusters hold, as far as it matters to one environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.model.identity import AccountId, Kind, NamespaceId, ObjectId, ReleaseId, SecretId
from reconciler.model.json import JsonMap

if TYPE_CHECKING:
    from reconciler.model.cluster import Resource
    from reconciler.model.engine import Capabilities
    from reconciler.model.object_version import ObjectVersion


class ReleaseStatus(StrEnum):
    """Helm's states of a revision."""

    DEPLOYED = "deployed"
    FAILED = "failed"
    PENDING_INSTALL = "pending-install"
    PENDING_UPGRADE = "pending-upgrade"
    PENDING_ROLLBACK = "pending-rollback"
    SUPERSEDED = "superseded"
    UNINSTALLED = "uninstalled"
    UNINSTALLING = "uninstalling"
    UNKNOWN = "unknown"

    @property
    def is_pending(self) -> bool:
        """Whether an operation has begun and not ended."""
        return self.value.startswith("pending-") or self is ReleaseStatus.UNINSTALLING


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """The newest revision of a release, as Helm stored it in the cluster.

    Attributes:
        values: the values that a user gave, without the chart's defaults.
        objects: its manifest, parsed; hooks are not in it.
        base: the objects of the revision that Helm compares the next one with: the newest one that was deployed, or
            this one when none was.
        is_readable: False when its manifest is no YAML, so that `objects` says nothing.
        labels: the labels on its Secret that are not Helm's own.
        changed: when it was stored or last changed.
        installed: when its first revision was made; None where that is not told.
        hooks: kind and name of each hook.
        home: the namespace that it says it is in; another one than it is found in when it was copied there.
        version: that of its Secret.
        failed_hooks: those of its hooks that failed when they last ran.
        deployed: the newest revision that is deployed; None when none is.
    """

    id: ReleaseId
    revision: int
    status: ReleaseStatus
    chart_name: str
    chart_version: str
    values: JsonMap = field(repr=False)
    objects: tuple[JsonMap, ...] = field(repr=False)
    base: tuple[JsonMap, ...] = field(repr=False)
    is_readable: bool
    labels: Mapping[str, str]
    description: str
    changed: datetime
    version: ObjectVersion
    failed_hooks: tuple[JsonMap, ...] = field(default=(), repr=False)
    deployed: int | None = None
    installed: datetime | None = None
    hooks: tuple[tuple[str, str], ...] = ()
    home: str = ""


@dataclass(frozen=True, slots=True)
class ObservedCluster:
    """One cluster.

    Attributes:
        resources: the kinds that it serves.
        missing_namespaces: namespaces of the environment that do not exist.
        releases: by name, whoever made them.
        accounts: ServiceAccounts that the environment attaches pull secrets to, or did before.
        objects: live objects that carry Helm's label, of the kinds and namespaces that releases use.
    """

    name: str
    capabilities: Capabilities
    resources: Mapping[Kind, Resource] = field(repr=False)
    namespaces: Mapping[NamespaceId, JsonMap] = field(repr=False)
    missing_namespaces: frozenset[str]
    secrets: Mapping[SecretId, JsonMap] = field(repr=False)
    releases: Mapping[ReleaseId, StoredRelease] = field(repr=False)
    objects: Mapping[ObjectId, JsonMap] = field(repr=False)
    accounts: Mapping[AccountId, JsonMap] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Observed:
    """All clusters of an environment, and when they were looked at."""

    clusters: Mapping[str, ObservedCluster]
    at: datetime

    def release(self, identity: ReleaseId) -> StoredRelease | None:
        """The release as stored, or None."""
        return self.clusters[identity.cluster].releases.get(identity)


class Obstacle(StrEnum):
    """What is in an object's way, and would not be if somebody gave leave.

    IMMUTABLE: a field would change that cannot, so it has to be deleted and made anew.
    UNOWNED: it exists, and belongs to nobody.
    """

    IMMUTABLE = "immutable"
    UNOWNED = "unowned"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of one object.

    Attributes:
        before: the live object; None when there is none.
        desired: what would be sent; None when it would be deleted.
        after: what would be stored; None when it would be deleted.
        verified: the server itself said what it would store; else `after` is a guess.
        note: why it was not verified, or None.
        refusal: why the server would refuse it, or None.
        warnings: what the server said beside its answer.
        obstacles: what leave would be needed for; until it is given, `refusal` says why it is refused.
        is_ahead: it is made before the release and is no part of it: a definition of its crds/.
    """

    id: ObjectId
    before: JsonMap | None = field(repr=False)
    desired: JsonMap | None = field(repr=False)
    after: JsonMap | None = field(repr=False)
    verified: bool
    note: str | None = None
    refusal: str | None = None
    warnings: tuple[str, ...] = ()
    obstacles: frozenset[Obstacle] = frozenset()
    is_ahead: bool = False
