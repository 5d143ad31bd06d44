"""Charts that can be had and rendered, or not."""

from __future__ import annotations

from reconciler.errors import ChartError, DesiredStateError, Location
from reconciler.model.preflight import Area, Status
from reconciler.preflight.charts import chart_checks, mistake_check, render_check
from tests.plan.factories import WHERE, release
from tests.preflight.objects import API, WEB


def test_a_mistake_keeps_its_place_and_hint() -> None:
    """And does not name the release twice."""
    error = DesiredStateError(f"{API}: chart x refuses y", where=Location("values.yaml", 3, 1), hint="a number")
    found = mistake_check(API, error)
    assert (found.area, found.status, found.message) == (Area.CHART, Status.FAILED, "chart x refuses y")
    assert (found.hint, found.where) == ("a number", Location("values.yaml", 3, 1))


def test_templates_that_fail() -> None:
    """At the release's place, where the error has none."""
    found = render_check(release(), ChartError("template x failed"))
    assert (found.status, found.subject, found.where) == (Status.FAILED, "release shop/api", WHERE)


def test_what_renders_is_counted() -> None:
    """One check for each release."""
    found = chart_checks({API: [{}], WEB: [{}, {}]})
    assert [item.message for item in found] == ["renders 1 object", "renders 2 objects"]
