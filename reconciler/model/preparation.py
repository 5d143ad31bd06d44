"""What is done to a live object before it is written, since leave was given for it."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.cluster import Cascade
from reconciler.model.identity import ObjectId, ReleaseId


@dataclass(frozen=True, slots=True)
class Recreation:
    """Delete an object, so that it is made anew.

    Attributes:
        uid: of the very object that the plan saw; another one of its name stays.
    """

    id: ObjectId
    uid: str
    cascade: Cascade


@dataclass(frozen=True, slots=True)
class Adoption:
    """Mark an object that belongs to no release as a release's, in the way that Helm knows.

    Attributes:
        uid: of the very object that the plan saw.
    """

    id: ObjectId
    uid: str
    release: ReleaseId


Preparation = Recreation | Adoption
