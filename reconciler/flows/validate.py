"""`reconcile validate`."""

from __future__ import annotations

from dataclasses import replace

from reconciler.desired.charts import attach_charts
from reconciler.desired.load import load
from reconciler.flows.context import Context, Request
from reconciler.flows.masking import masked
from reconciler.model.desired import Desired


def validate(request: Request, context: Context) -> Desired:
    """Files only; charts from repositories are not fetched, so their schemas are not checked."""
    desired = load(request.environment, context.inputs)
    local = tuple(release for release in desired.releases if release.chart_ref.path)
    with masked(desired.mask):
        attach_charts(replace(desired, releases=local), context.tools(desired).fetch_chart)
    return desired
