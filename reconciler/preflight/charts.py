"""Charts that can be had and rendered, or not → checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.errors import ReconcilerError
from reconciler.model.desired import Release
from reconciler.model.identity import ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.preflight import Area, Check, Status


def mistake_check(release: ReleaseId, error: ReconcilerError) -> Check:
    """A chart that cannot be had, or that refuses its values."""
    message = error.message.removeprefix(f"{release}: ")
    return Check(Area.CHART, str(release), Status.FAILED, message, error.hint, error.where, release.cluster)


def render_check(release: Release, error: ReconcilerError) -> Check:
    """A chart whose templates fail."""
    where = error.where or release.where
    message = error.message.removeprefix(f"{release.id}: ")
    return Check(Area.CHART, str(release.id), Status.FAILED, message, error.hint, where, release.id.cluster)


def chart_checks(rendered: Mapping[ReleaseId, Sequence[JsonMap]]) -> Iterator[Check]:
    """The charts that were rendered."""
    for release, objects in rendered.items():
        counted = f"renders {len(objects)} {'object' if len(objects) == 1 else 'objects'}"
        yield Check(Area.CHART, str(release), Status.OK, counted, cluster=release.cluster)
