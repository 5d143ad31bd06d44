"""Objects that are wanted twice: by two releases, by a release and the environment itself, or by one chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.errors import Location
from reconciler.model.desired import Desired
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.manifest import is_hook
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.workloads import RenderedObject

_HINT = "leave it to one of the two: an object has one owner"
_CHANCE = "an install leaves either of the two, and the next apply the last"
_ONCE = "have the chart bring it once"
_Place = tuple[str, ObjectId]


def doubled(items: Sequence[RenderedObject], desired: Desired) -> Iterator[tuple[RenderedObject, str]]:
    """Each object that the environment or an earlier release of it has already, and what to say."""
    holders: dict[_Place, ReleaseId | None] = dict.fromkeys(_own(desired))
    for item in _kept(items):
        holder = holders.setdefault((item.release.cluster, item.id), item.release)
        if holder != item.release:
            yield item, f"{item.id} is an object of {holder or 'the environment itself'} too"


def repeated(items: Sequence[RenderedObject]) -> Iterator[tuple[RenderedObject, str]]:
    """Each object that its own release has already with other content, and what to say.

    Helm applies both: an install side by side, so that either may be what stays, an upgrade in their order.
    """
    earlier: dict[tuple[ReleaseId, ObjectId], JsonMap] = {}
    for item in _kept(items):
        if earlier.setdefault((item.release, item.id), item.item) != item.item:
            yield item, f"{item.id} is in its chart twice, with different content: {_CHANCE}"


def double_checks(
    items: Sequence[RenderedObject], desired: Desired, places: Mapping[ReleaseId, Location]
) -> Iterator[Check]:
    """A failure for each that two want, and the warnings."""
    for item, message in doubled(items, desired):
        where, cluster = places.get(item.release), item.release.cluster
        yield Check(Area.CHART, str(item.release), Status.FAILED, message, _HINT, where, cluster)
    yield from repeat_warnings(items, places)


def repeat_warnings(items: Sequence[RenderedObject], places: Mapping[ReleaseId, Location]) -> Iterator[Check]:
    """A warning for each that one release has twice."""
    for item, message in repeated(items):
        where, cluster = places.get(item.release), item.release.cluster
        yield Check(Area.CHART, str(item.release), Status.WARNING, message, _ONCE, where, cluster)


def _kept(items: Sequence[RenderedObject]) -> Iterator[RenderedObject]:
    """Those that the release has for good: hooks belong to nobody, and what has no name is refused for that."""
    return (item for item in items if item.id.name and not is_hook(item.item))


def _own(desired: Desired) -> Iterator[_Place]:
    for namespace in desired.namespaces:
        yield namespace.id.cluster, ObjectId(Kind("v1", "Namespace"), "", namespace.id.name)
    for secret in desired.secrets:
        yield secret.id.cluster, ObjectId(Kind("v1", "Secret"), secret.id.namespace, secret.id.name)
