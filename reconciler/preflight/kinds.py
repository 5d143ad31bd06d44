"""Kinds and versions that objects are written in, and that a cluster does not serve → checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import Location
from reconciler.model.cluster import Resource
from reconciler.model.identity import Kind, ReleaseId
from reconciler.model.json import JsonMap, maps_at, text_at
from reconciler.model.manifest import kind_of
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.workloads import RenderedObject

_DEFINITION = "CustomResourceDefinition"
# Kinds that add kinds when they are served by another API server.
_AGGREGATION = "APIService"


@dataclass(frozen=True, slots=True)
class UnservedKind:
    """A kind that a release uses and nobody serves; `instead` are the versions in which the cluster has it."""

    release: ReleaseId
    kind: Kind
    instead: tuple[str, ...]

    @property
    def message(self) -> str:
        """What is wrong."""
        return f"the cluster does not serve {self.kind.name} in {self.kind.api_version}"

    @property
    def hint(self) -> str:
        """What to try."""
        if self.instead:
            return f"it serves it in {', '.join(self.instead)}: use that in the chart, or a newer version of the chart"
        return "install what brings this kind first (a release that others `need`), or correct apiVersion and kind"


def unserved(
    items: Sequence[RenderedObject], definitions: Iterable[JsonMap], resources: Mapping[Kind, Resource]
) -> Iterator[UnservedKind]:
    """Each kind that a release uses and that neither the cluster nor the environment's own definitions serve."""
    known = {*resources, *_defined((*definitions, *(item.item for item in items)))}
    aggregated = {_aggregated(item.item) for item in items if item.id.kind.name == _AGGREGATION}
    for release, kind in dict.fromkeys((item.release, item.id.kind) for item in items):
        if kind not in known and kind.api_version not in aggregated:
            yield UnservedKind(release, kind, _instead(kind, resources))


def kind_checks(found: Iterable[UnservedKind], places: Mapping[ReleaseId, Location]) -> Iterator[Check]:
    """A failure for each kind that is not served."""
    for item in found:
        subject = f"{item.kind.name} of {item.release}"
        where, cluster = places.get(item.release), item.release.cluster
        yield Check(Area.API, subject, Status.FAILED, item.message, item.hint, where, cluster)


def served_checks(
    warnings: Iterable[tuple[Kind, Sequence[str]]], cluster: str, places: Mapping[Kind, Location]
) -> Iterator[Check]:
    """For each kind that is used: what the server itself says about it, which is that it is deprecated."""
    for kind, said in warnings:
        subject = f"{kind.name} in {kind.api_version}"
        if not said:
            yield Check(Area.API, subject, Status.OK, "served", cluster=cluster)
        for text in said:
            hint = "use the other version in the chart, before the cluster is upgraded"
            yield Check(Area.API, subject, Status.WARNING, text, hint, places.get(kind), cluster)


def _defined(items: Iterable[JsonMap]) -> Iterator[Kind]:
    for item in items:
        if kind_of(item).name == _DEFINITION:
            group, name = text_at(item, "spec", "group"), text_at(item, "spec", "names", "kind")
            for version in maps_at(item, "spec", "versions"):
                yield Kind(f"{group}/{text_at(version, 'name')}", name)


def _aggregated(item: JsonMap) -> str:
    return f"{text_at(item, 'spec', 'group')}/{text_at(item, 'spec', 'version')}"


def _instead(kind: Kind, resources: Mapping[Kind, Resource]) -> tuple[str, ...]:
    """The versions of the same group first; a kind may also have moved to another group."""
    same = [known.api_version for known in resources if known.name == kind.name]
    return tuple(sorted(same, key=lambda version: (Kind(version, kind.name).group != kind.group, version)))
