"""What was gathered about releases that are not well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.identity import ObjectId
from reconciler.model.json import JsonMap
from reconciler.model.secret import Mask


class Run(StrEnum):
    """Which run of a container a log is of."""

    CURRENT = "current"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True, order=True)
class LogId:
    """One container's log."""

    pod: ObjectId
    container: str
    run: Run


@dataclass(frozen=True, slots=True)
class Contents:
    """What a Secret or ConfigMap holds, without its values: those are never needed, and never kept."""

    type: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What surrounds the objects of a release, as it was at one moment.

    Attributes:
        objects: what workloads consist of (ReplicaSets, Jobs, Pods, claims) in the namespaces that were looked at.
        events: what was said about them, the newest first.
        logs: the last lines of containers that did not do well.
        contents: the Secrets and ConfigMaps that pods need; None for one that does not exist.
        nodes: those on which such pods are; all, when one of the pods is on none.
        namespaces: the namespaces of the release, by name, as far as they could be read.
        gaps: what could not be read, and why.
        mask: hides the values of those Secrets, whoever made them.
    """

    objects: tuple[JsonMap, ...] = field(default=(), repr=False)
    events: tuple[JsonMap, ...] = field(default=(), repr=False)
    logs: Mapping[LogId, tuple[str, ...]] = field(default_factory=dict, repr=False)
    contents: Mapping[ObjectId, Contents | None] = field(default_factory=dict)
    nodes: Mapping[str, JsonMap] = field(default_factory=dict, repr=False)
    namespaces: Mapping[str, JsonMap] = field(default_factory=dict, repr=False)
    gaps: tuple[str, ...] = ()
    mask: Mask = field(default_factory=Mask)


NOTHING = Evidence()
