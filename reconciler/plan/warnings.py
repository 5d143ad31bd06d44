"""What API servers say beside their answers to dry runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.errors import Location
from reconciler.model.desired import Desired
from reconciler.model.identity import Kind, Target
from reconciler.model.preflight import Area, Check, Status
from reconciler.plan.previews import TargetPreview


def server_warnings(desired: Desired, previews: Mapping[Target, TargetPreview]) -> Iterator[Check]:
    """What servers said of objects beside their answers, once for each kind: such as that a version is deprecated."""
    places: dict[Target, Location] = {release.id: release.where for release in desired.releases}
    told: set[tuple[str, Kind, str]] = set()
    for target, preview in previews.items():
        for item in preview.objects:
            for text in item.warnings:
                key = (target.cluster, item.id.kind, text)
                if key not in told:
                    told.add(key)
                    yield Check(Area.API, str(item.id), Status.WARNING, text, None, places.get(target), target.cluster)
