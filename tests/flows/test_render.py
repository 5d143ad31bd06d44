"""`render`: the objects, without a cluster."""

from __future__ import annotations

import pytest

from reconciler.flows.context import Request
from reconciler.flows.render import render_all
from tests.flows.conftest import Checkout

pytestmark = pytest.mark.e2e


def test_objects_without_a_cluster(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the releases that were chosen, from charts and values alone."""
    monkeypatch.setenv("RECONCILE_KUBECONFIG", "no kubeconfig")
    checkout.environment("releases: {app: {chart: charts/config, values: [{text: hi}]}, web: {chart: charts/config}}")
    found = render_all(Request("env.yaml", ("app",)), checkout.reading())
    ((identity, (item,)),) = found.objects
    assert (identity.name, item["data"]) == ("app", {"text": "hi", "more": '["default"]'})
