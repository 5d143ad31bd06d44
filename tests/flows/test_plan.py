"""`plan`: what apply would do; it never writes, and never could."""

from __future__ import annotations

import pytest

from reconciler.errors import ClusterError
from reconciler.flows.context import Request
from reconciler.flows.plan import plan
from reconciler.model.plan import ActionKind
from tests.conftest import Kubectl
from tests.flows.conftest import Checkout

pytestmark = pytest.mark.e2e

TWO = "releases: {app: {chart: charts/config}, web: {chart: charts/config, needs: [app]}}"


def kinds(checkout: Checkout, *only: str, engine: str = "library") -> dict[str, ActionKind]:
    """Target → what would be done; a writer is not to be had."""
    found = plan(Request("env.yaml", only), checkout.reading(engine))
    return {action.target.name: action.kind for action in found.actions}


def test_a_first_install(checkout: Checkout) -> None:
    """Namespace before releases, and nothing is written while that is found out."""
    checkout.environment(TWO)
    home = checkout.namespace
    assert checkout.writes_during(lambda: kinds(checkout)) == []
    assert list(kinds(checkout).items()) == [
        (home, ActionKind.CREATE),
        ("app", ActionKind.INSTALL),
        ("web", ActionKind.INSTALL),
    ]


def test_every_state_without_a_writer(checkout: Checkout, kubectl: Kubectl) -> None:
    """Nothing to do, drift, an upgrade and an install: none of them asks for a writer."""
    checkout.environment(
        "releases: {app: {chart: charts/config}, same: {chart: charts/config}, up: {chart: charts/config}}"
    )
    assert checkout.apply()[0].converged
    kubectl("-n", checkout.namespace, "patch", "cm", "app", "--type", "merge", "-p", '{"data":{"text":"x"}}')
    checkout.environment("""
        releases:
          app: {chart: charts/config}
          same: {chart: charts/config}
          up: {chart: charts/config, values: [{text: changed}]}
          new: {chart: charts/config}
    """)
    assert checkout.writes_during(lambda: kinds(checkout)) == []
    assert kinds(checkout) == {
        checkout.namespace: ActionKind.NONE,
        "app": ActionKind.CORRECT,
        "same": ActionKind.NONE,
        "up": ActionKind.UPGRADE,
        "new": ActionKind.INSTALL,
    }


@pytest.mark.parametrize("engine", ["library", "program"])
@pytest.mark.parametrize(
    "values",
    [
        "{more: []}",
        "{more: null}",
        "{text: ''}",
        "{more: {}}",
        "{status: {a: 1}, metadata: {uid: x}}",
        "{a: {b: {}, c: [], d: null, e: '', f: 0, g: false, h: 1.0, i: 1e3}}",
    ],
)
def test_values_that_mean_nothing_elsewhere(values: str, engine: str, checkout: Checkout) -> None:
    """Empty values and nulls override a chart's defaults: adding one is an upgrade, after which all is well."""
    checkout.environment("releases: {app: {chart: charts/config}}")
    assert checkout.apply(engine=engine)[0].converged
    checkout.environment(f"releases: {{app: {{chart: charts/config, values: [{values}]}}}}")
    assert kinds(checkout, engine=engine)["app"] is ActionKind.UPGRADE
    assert checkout.apply(engine=engine)[0].converged
    assert kinds(checkout, engine=engine)["app"] is ActionKind.NONE


def test_only_what_was_chosen(checkout: Checkout) -> None:
    """With a selector, the rest is not even mentioned."""
    checkout.environment(TWO)
    assert "web" not in kinds(checkout, "app")


def test_a_template_that_fails_blocks_its_release_alone(checkout: Checkout) -> None:
    """The rest of the plan stands."""
    checkout.chart("broken", "{{ fail `no good` }}")
    checkout.environment("releases: {app: {chart: charts/config}, bad: {chart: charts/broken}}")
    found = plan(Request("env.yaml"), checkout.reading())
    assert [action.target.name for action in found.blocked] == ["bad"]
    assert "no good" in found.blocked[0].reason
    assert found.changes == 2


def test_a_cluster_that_is_down(checkout: Checkout, kubeconfig: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One error that names it."""
    server = next(line for line in kubeconfig.splitlines() if "server:" in line).strip()
    monkeypatch.setenv("RECONCILE_KUBECONFIG", kubeconfig.replace(server, "server: https://127.0.0.1:9"))
    checkout.environment(TWO)
    with pytest.raises(ClusterError, match=r"cluster main: https://127\.0\.0\.1:9 cannot be reached"):
        kinds(checkout)
