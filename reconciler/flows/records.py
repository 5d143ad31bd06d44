"""How large Helm's record of a release gets; shared by `plan` and `preflight`."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.flows.context import Tools
from reconciler.model.desired import Release
from reconciler.model.json import JsonMap
from reconciler.preflight.sizes import Record, may_be_large, record


def helm_record(release: Release, objects: Sequence[JsonMap], tools: Tools) -> Record | None:
    """The record, or None when it is certainly small: only then the chart's files are not read again."""
    if release.chart is None or not may_be_large(release.chart.size, objects, release.values):
        return None
    return record(release.id, tools.chart_files(release.chart), objects, release.values)
