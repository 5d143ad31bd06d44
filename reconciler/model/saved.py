"""A plan as it was saved: what it is made from, what was found, and what is to be done; nothing that is secret."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reconciler.model.cluster import ClusterIdentity
from reconciler.model.identity import ObjectId, ReleaseId, Target
from reconciler.model.json import Json, JsonMap, maps_at
from reconciler.model.object_version import ObjectVersion
from reconciler.model.observed import ReleaseStatus
from reconciler.model.policy import NO_CONSENT, Consent
from reconciler.model.seal import canonical


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made a plan, when, with which version of this program, and how long it may be applied."""

    by: str
    at: datetime
    program: str
    lifetime: timedelta

    @property
    def until(self) -> datetime:
        """From then on it is too old."""
        return self.at + self.lifetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan was asked for.

    Attributes:
        environment: the environment file, as it is called in the project.
    """

    environment: str
    only: tuple[str, ...] = ()
    break_lock: bool = False
    locked: bool = False
    consent: Consent = NO_CONSENT
    with_needs: bool = False


@dataclass(frozen=True, slots=True)
class SeenRelease:
    """A release as it was found; `version` is that of its Secret."""

    revision: int
    status: ReleaseStatus
    version: ObjectVersion


@dataclass(frozen=True, slots=True)
class Step:
    """An action; `content` is what its document says."""

    target: Target
    content: JsonMap = field(repr=False)

    @property
    def essence(self) -> JsonMap:
        """The content without the words about it, which may differ where what is done is the same."""
        objects = [_without_words(item, "note") for item in maps_at(self.content, "objects")]
        risks = [_without(item, "message") for item in maps_at(self.content, "risks")]
        return {**_without(self.content, "reason", "outcome"), "objects": objects, "risks": risks}

    @property
    def id(self) -> str:
        """Sixteen hex digits, from its essence."""
        return hashlib.sha256(canonical(self.essence)).hexdigest()[:16]


def _without_words(change: JsonMap, *keys: str) -> JsonMap:
    return {**_without(change, *keys), "fields": [_without(item, "writer") for item in maps_at(change, "fields")]}


def _without(item: JsonMap, *keys: str) -> dict[str, Json]:
    return {key: value for key, value in item.items() if key not in keys}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that must not have moved.

    Digests are keyed (`model/seal.py`), those in the versions of objects too.

    Attributes:
        inputs: path in the project → digest of the file.
        references: name → digest of what it held.
        objects: those that are touched, by cluster and name; None: there was none.
    """

    environment: str
    inputs: Mapping[str, str]
    references: Mapping[str, str]
    clusters: Mapping[str, ClusterIdentity]
    releases: Mapping[ReleaseId, SeenRelease]
    objects: Mapping[tuple[str, ObjectId], ObjectVersion | None]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """One plan.

    Attributes:
        salt: of this plan alone; see `Seal`.
        secrets: what its references held, encrypted with age; None: they are looked at again.
    """

    origin: Origin
    asked: Asked
    snapshot: Snapshot
    salt: bytes
    secrets: str | None = field(repr=False)

    @property
    def id(self) -> str:
        """Sixteen hex digits, from what is to be done, from what, and the salt."""
        steps = [step.id for step in self.snapshot.steps]
        content = canonical([self.snapshot.environment, steps, dict(self.snapshot.inputs), self.salt.hex()])
        return hashlib.sha256(content).hexdigest()[:16]
