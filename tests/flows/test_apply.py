"""`apply`: as planned, told as it goes, and nothing the second time."""

from __future__ import annotations

import pytest

from reconciler.flows.apply import apply
from reconciler.flows.context import Request
from reconciler.model.outcome import ActionOutcome, Result
from tests.conftest import Kubectl
from tests.flows.conftest import Checkout

pytestmark = pytest.mark.e2e


def test_an_apply_and_another(checkout: Checkout, kubectl: Kubectl) -> None:
    """The plan is shown first, each action is told, and the second run asks for no writer."""
    checkout.environment("releases: {app: {chart: charts/config, values: [{text: hi}]}, web: {chart: charts/config}}")

    outcome, events, shown = checkout.apply()

    assert outcome.converged
    assert shown == [outcome.plan]
    ended = [event.action.target.name for event in events if isinstance(event, ActionOutcome)]
    assert ended[0] == checkout.namespace
    assert sorted(ended[1:]) == ["app", "web"]
    assert kubectl("-n", checkout.namespace, "get", "cm", "app", "-o", "jsonpath={.data.text}") == "hi"
    again = apply(Request("env.yaml"), checkout.reading(), 4, shown.append, events.append)
    assert (again.converged, again.plan.changes) == (True, 0)
    assert checkout.writes_during(checkout.apply) == []


def test_what_is_blocked_stays_as_it_is(checkout: Checkout, kubectl: Kubectl) -> None:
    """It has failed, with its reason; the rest is applied."""
    kubectl("create", "namespace", checkout.namespace)
    kubectl("-n", checkout.namespace, "create", "configmap", "app", "--from-literal=text=mine")
    checkout.environment("releases: {app: {chart: charts/config}, web: {chart: charts/config}}")

    outcome, _, _ = checkout.apply()

    results = {item.action.target.name: item.result for item in outcome.actions}
    assert results == {checkout.namespace: Result.DONE, "app": Result.FAILED, "web": Result.DONE}
    assert not outcome.converged
    assert kubectl("-n", checkout.namespace, "get", "cm", "app", "-o", "jsonpath={.data.text}") == "mine"


def test_only_what_was_chosen(checkout: Checkout, kubectl: Kubectl) -> None:
    """The other release is left for another day."""
    checkout.environment("releases: {app: {chart: charts/config}, web: {chart: charts/config}}")
    assert checkout.apply("app")[0].converged
    found = kubectl("-n", checkout.namespace, "get", "cm", "-l", "app.kubernetes.io/managed-by=Helm", "-o", "name")
    assert found.split() == ["configmap/app"]
