"""Objects that two of an environment both want to be theirs: two releases, or a release and the environment itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.errors import Location
from reconciler.model.desired import Desired
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.manifest import is_hook
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.workloads import RenderedObject

_HINT = "leave it to one of the two: an object has one owner"
_Place = tuple[str, ObjectId]


def doubled(items: Sequence[RenderedObject], desired: Desired) -> Iterator[tuple[RenderedObject, str]]:
    """Each object that the environment or an earlier release of it has already, and what to say.

    Hooks belong to nobody.
    """
    holders: dict[_Place, ReleaseId | None] = dict.fromkeys(_own(desired))
    for item in items:
        if item.id.name and not is_hook(item.item):
            holder = holders.setdefault((item.release.cluster, item.id), item.release)
            if holder != item.release:
                yield item, f"{item.id} is an object of {holder or 'the environment itself'} too"


def _own(desired: Desired) -> Iterator[_Place]:
    for namespace in desired.namespaces:
        yield namespace.id.cluster, ObjectId(Kind("v1", "Namespace"), "", namespace.id.name)
    for secret in desired.secrets:
        yield secret.id.cluster, ObjectId(Kind("v1", "Secret"), secret.id.namespace, secret.id.name)


def double_checks(
    items: Sequence[RenderedObject], desired: Desired, places: Mapping[ReleaseId, Location]
) -> Iterator[Check]:
    """A failure for each of them."""
    for item, message in doubled(items, desired):
        where, cluster = places.get(item.release), item.release.cluster
        yield Check(Area.CHART, str(item.release), Status.FAILED, message, _HINT, where, cluster)
