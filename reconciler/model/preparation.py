"""What is done before a target is written: to live objects, since leave was given for it, and definitions of kinds."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.model.cluster import Cascade
from reconciler.model.identity import ObjectId, ReleaseId
from reconciler.model.json import JsonMap


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


@dataclass(frozen=True, slots=True)
class Definition:
    """Make an object of a chart's crds/, unless there is one by now, and wait until its kind is served."""

    id: ObjectId
    item: JsonMap = field(repr=False)


Preparation = Recreation | Adoption | Definition
