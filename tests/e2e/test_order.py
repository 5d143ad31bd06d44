"""`needs` across kinds, gates that wait for health, and parts of an environment."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e

SLOW, NEVER = "broken.example.com/slow:1", "broken.example.com/pull-no-tag:1"


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with two charts."""
    project.chart("app", {"templates/app.yaml": DEPLOYMENT}, DEPLOYMENT_VALUES)
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    return project


def _pair(project: Project, image: str, need: str, after: str = "") -> None:
    project.environment(f"""
        releases:
          db: {{chart: charts/app, values: [{{image: '{image}'}}]}}
          api: {{chart: charts/config, needs: [{need}], {after}}}
    """)


def test_a_need_is_waited_for_until_it_is_healthy(shop: Project, kubectl: Kubectl) -> None:
    """Also when the needed release itself is not waited for: its pod takes six seconds."""
    _pair(shop, SLOW, "db")
    shop.applied()
    made = json.loads(kubectl("-n", shop.namespace, "get", "configmap", "api", "-o", "json"))
    live = json.loads(kubectl("-n", shop.namespace, "get", "deployment", "db", "-o", "json"))
    [available] = [item for item in live["status"]["conditions"] if item["type"] == "Available"]
    assert available["status"] == "True"
    assert made["metadata"]["creationTimestamp"] >= available["lastTransitionTime"]


def test_a_need_that_does_not_become_healthy_skips_what_needs_it(shop: Project, kubectl: Kubectl) -> None:
    """When its time is up; with what is wrong with the need. The next run waits again, since the need is as it was."""
    _pair(shop, NEVER, "{target: db, ready: 3s}")
    for _ in range(2):
        done = shop("apply", "-o", "json")
        assert done.code == 1
        outcomes = {item["target"]["name"]: item["outcome"] for item in json.loads(done.out)["actions"]}
        assert outcomes["api"]["result"] == "skipped"
        assert f"needs release {shop.namespace}/db, but it is not healthy after 3 s" in outcomes["api"]["message"]
        assert outcomes["api"]["findings"][0]["cause"] == "image tag not found"
        assert outcomes["api"]["findings"][0]["target"]["name"] == "db"
    assert "configmap/api" not in kubectl("-n", shop.namespace, "get", "configmap", "-o", "name")


def test_order_alone_can_be_asked_for(shop: Project) -> None:
    """With `ready: false` it is enough that the need is written."""
    _pair(shop, NEVER, "{target: db, ready: false}")
    shop.applied()


def test_namespaces_secrets_and_releases_need_each_other(shop: Project) -> None:
    """The plan's order is that of the graph, and an apply follows it."""
    shop.environment("""
        namespaces:
          NAMESPACE: {}
          late: {name: NAMESPACE-late, needs: [policy]}
        secrets:
          token: {type: Opaque, data: {k: {env: TOKEN}}, namespaces: [NAMESPACE], needs: [policy]}
        releases:
          last: {chart: charts/config, namespace: late}
          user: {chart: charts/config, needs: [secret/token]}
          policy: {chart: charts/config}
    """)
    found = shop.document("plan", TOKEN="correct-horse")["actions"]
    order = [f"{item['target']['kind']} {item['target']['name']}" for item in found]
    assert order.index("release policy") < order.index("secret token") < order.index("release user")
    assert order.index("release policy") < order.index(f"namespace {shop.namespace}-late") < order.index("release last")
    shop.applied(TOKEN="correct-horse")
    assert shop.actions(TOKEN="correct-horse") == {}


def test_what_was_not_selected_is_checked_and_never_applied(shop: Project) -> None:
    """Not installed, or failed: blocked. With --with-needs it is applied along."""
    _pair(shop, "example.com/app:1", "db", "labels: {tier: back}")
    blocked = shop("apply", "--only", "tier=back")
    assert blocked.code == 1
    assert "which was not selected and is not installed: select it as well (--with-needs)" in blocked.out
    shop.applied("--only", "tier=back", "--with-needs")
    assert shop.actions() == {}


def test_what_was_not_selected_has_to_become_healthy(shop: Project, kubectl: Kubectl) -> None:
    """Its objects are looked at too: one that is gone blocks, one that is not ready is waited for."""
    _pair(shop, "example.com/app:1", "{target: db, ready: 3s}")
    shop.applied("--only", "db")
    kubectl("-n", shop.namespace, "delete", "deployment", "db")
    blocked = shop("apply", "--only", "api")
    assert blocked.code == 1
    assert f"not healthy (Deployment {shop.namespace}/db is gone)" in blocked.out

    _pair(shop, NEVER, "{target: db, ready: 3s}")
    shop.applied("--only", "db")
    waited = shop("apply", "--only", "api")
    assert waited.code == 1
    assert "not healthy after 3 s" in waited.out
    assert "image tag not found" in waited.out
