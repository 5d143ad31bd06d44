"""`status`: how each release stands, without a writer."""

from __future__ import annotations

import pytest

from reconciler.flows.context import Request
from reconciler.flows.status import status
from reconciler.model.standing import Condition, Sync
from tests.conftest import Kubectl
from tests.flows.conftest import Checkout

pytestmark = pytest.mark.e2e


def test_all_is_well(checkout: Checkout) -> None:
    """In sync and healthy, with revision and chart; nothing is written."""
    checkout.environment("releases: {app: {chart: charts/config}}")
    checkout.apply()
    assert checkout.writes_during(lambda: status(Request("env.yaml"), checkout.reading())) == []
    found = status(Request("env.yaml"), checkout.reading())
    (item,) = found.releases
    assert found.is_well
    assert (item.standing.sync, item.standing.revision, item.standing.chart) == (Sync.IN_SYNC, 1, "config-0.1.0")
    assert item.health.is_healthy


def test_what_is_not(checkout: Checkout, kubectl: Kubectl) -> None:
    """Drifted, gone, out of date and not installed are four words."""
    checkout.environment(
        "releases: {app: {chart: charts/config}, gone: {chart: charts/config}, old: {chart: charts/config}}"
    )
    checkout.apply()
    home = checkout.namespace
    kubectl("-n", home, "patch", "cm", "app", "--type", "merge", "-p", '{"data":{"text":"x"}}')
    kubectl("-n", home, "delete", "cm", "gone")
    checkout.environment("""
        releases:
          app: {chart: charts/config}
          gone: {chart: charts/config}
          old: {chart: charts/config, values: [{text: new}]}
          none: {chart: charts/config}
    """)
    found = status(Request("env.yaml"), checkout.reading())
    assert not found.is_well
    assert {item.id.name: (item.standing.sync, item.health.condition) for item in found.releases} == {
        "app": (Sync.DRIFTED, Condition.HEALTHY),
        "gone": (Sync.DRIFTED, Condition.MISSING),
        "old": (Sync.OUT_OF_SYNC, Condition.HEALTHY),
        "none": (Sync.MISSING, Condition.MISSING),
    }


def test_drift_that_cannot_be_corrected(checkout: Checkout, kubectl: Kubectl) -> None:
    """An object that somebody gave to another release: status says so, as plan does."""
    checkout.environment("releases: {app: {chart: charts/config}}")
    checkout.apply()
    kubectl("-n", checkout.namespace, "delete", "cm", "app")
    kubectl("-n", checkout.namespace, "create", "cm", "app")
    kubectl("-n", checkout.namespace, "annotate", "cm", "app", "meta.helm.sh/release-name=other")
    (item,) = status(Request("env.yaml"), checkout.reading()).releases
    assert item.standing.sync is Sync.DRIFTED
    assert "cannot be corrected: ConfigMap" in item.standing.reason
    assert "belongs to release /other" in item.standing.reason
