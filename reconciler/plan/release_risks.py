"""What writing a release as a whole may cost. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.chart import Chart
from reconciler.model.observed import StoredRelease
from reconciler.model.ownership import ENVIRONMENT
from reconciler.model.policy import Risk
from reconciler.model.versions import parse_version
from reconciler.plan.risks import Hazard
from reconciler.plan.states import Outdated, State, Stuck, Unclaimed


def release_hazards(state: State, chart: Chart | None) -> Iterator[Hazard]:
    """What an upgrade may cost beside what becomes of each object."""
    if not isinstance(state, Outdated | Stuck | Unclaimed):
        return
    if ENVIRONMENT not in state.stored.labels:
        yield Hazard(Risk.TAKES_OWNERSHIP, None, "it was not installed by reconciler")
    if chart and _is_older(chart, state.stored):
        yield Hazard(Risk.DOWNGRADE, None, f"chart {chart.name} {state.stored.chart_version} → {chart.version}")


def _is_older(chart: Chart, stored: StoredRelease) -> bool:
    new, old = parse_version(chart.version), parse_version(stored.chart_version)
    return chart.name == stored.chart_name and new is not None and old is not None and new < old
