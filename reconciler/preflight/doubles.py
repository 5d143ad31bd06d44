"""Objects that two releases of one environment both want to be theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.errors import Location
from reconciler.model.identity import ObjectId, ReleaseId
from reconciler.model.manifest import is_hook
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.workloads import RenderedObject

_HINT = "rename one of the two: an object can belong to one release only"


def doubled(items: Sequence[RenderedObject]) -> Iterator[tuple[RenderedObject, str]]:
    """Each object that an earlier release of the environment has already, and what to say. Hooks belong to nobody."""
    first: dict[ObjectId, RenderedObject] = {}
    for item in items:
        if item.id.name and not is_hook(item.item):
            earlier = first.setdefault(item.id, item)
            if earlier.release != item.release:
                yield item, f"{item.id} is an object of {earlier.release} too"


def double_checks(items: Sequence[RenderedObject], places: Mapping[ReleaseId, Location]) -> Iterator[Check]:
    """A failure for each of them."""
    for item, message in doubled(items):
        where, cluster = places.get(item.release), item.release.cluster
        yield Check(Area.CHART, str(item.release), Status.FAILED, message, _HINT, where, cluster)
