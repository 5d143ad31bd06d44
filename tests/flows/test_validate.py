"""`validate`: files alone."""

from __future__ import annotations

import pytest

from reconciler.errors import DesiredStateErrors
from reconciler.flows.context import Request
from reconciler.flows.validate import validate
from tests.flows.conftest import Checkout

pytestmark = pytest.mark.e2e


def test_a_valid_environment(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its desired state, without a look at any cluster: the kubeconfig need not even be one."""
    monkeypatch.setenv("RECONCILE_KUBECONFIG", "no kubeconfig")
    checkout.environment("releases: {app: {chart: charts/config}}")
    found = validate(Request("env.yaml"), checkout.reading())
    assert [release.id.name for release in found.releases] == ["app"]


def test_a_chart_is_looked_at(checkout: Checkout) -> None:
    """A folder that is no chart is an error at the line that names it."""
    (checkout.folder / "charts" / "none").mkdir()
    checkout.environment("releases: {app: {chart: charts/none}}")
    with pytest.raises(DesiredStateErrors, match=r"env\.yaml:\d+:\d+: "):
        validate(Request("env.yaml"), checkout.reading())
