"""Pull secrets attached to ServiceAccounts, on the real API server and its real controller."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, Project

pytestmark = pytest.mark.e2e

SECRET = """
secrets:
  registry: {type: dockerconfigjson, registries: {r.example.com: {username: ci, password: {env: REG}}}}
releases: {app: {chart: charts/app}}
"""
ATTACHED = "namespaces: {NAMESPACE: {pullSecrets: [registry], attachPullSecrets: true}}\n" + SECRET
DETACHED = "namespaces: {NAMESPACE: {pullSecrets: [registry]}}\n" + SECRET
NOTHING = "namespaces: {NAMESPACE: {}}\n" + SECRET
REG = "correct-horse"


@pytest.fixture
def shop(project: Project) -> Project:
    """A project with a small chart, whose pods' account has a pull secret attached."""
    project.chart("app", {"templates/map.yaml": CONFIG_MAP}, values="text: hello\n")
    project.environment(ATTACHED)
    return project


def entries(project: Project, kubectl: Kubectl, account: str = "default") -> list[str]:
    """The pull secrets that a live ServiceAccount names."""
    found: Any = json.loads(kubectl("get", "serviceaccount", account, "-n", project.namespace, "-o", "json"))
    return [item["name"] for item in found.get("imagePullSecrets", [])]


def patch(project: Project, kubectl: Kubectl, names: list[str]) -> None:
    """Somebody else writes the list."""
    body = json.dumps({"imagePullSecrets": [{"name": name} for name in names]})
    kubectl("patch", "serviceaccount", "default", "-n", project.namespace, "--type=merge", "-p", body)


def pulls_with(project: Project, kubectl: Kubectl, name: str) -> list[str]:
    """The pull secrets that a new pod is given by the server."""
    kubectl("run", name, "--image=r.example.com/x:1", "-n", project.namespace)
    pod: Any = json.loads(kubectl("get", "pod", name, "-n", project.namespace, "-o", "json"))
    return [item["name"] for item in pod["spec"].get("imagePullSecrets", [])]


def test_from_a_new_namespace_to_a_pod(shop: Project, kubectl: Kubectl) -> None:
    """Planned before anything is there, applied, then nothing to do; a pod that names no pull secret has it."""
    planned = shop.document("plan", REG=REG)["actions"]
    kinds = [item["target"]["kind"] for item in planned]
    assert kinds == ["namespace", "secret", "serviceaccount", "release"]
    assert (planned[2]["kind"], planned[2]["reason"]) == ("update", "attaches registry")
    shop.applied(REG=REG)
    assert entries(shop, kubectl) == ["registry"]
    assert pulls_with(shop, kubectl, "one") == ["registry"]
    again, written = shop.writes_during("apply", REG=REG)
    assert (again.code, written) == (0, [])
    assert shop("status", REG=REG).code == 0


def test_a_plan_writes_nothing(shop: Project, kubectl: Kubectl) -> None:
    """Though it asks the server what would become of the account."""
    kubectl("create", "namespace", shop.namespace)
    done, written = shop.writes_during("plan", REG=REG)
    assert (done.code, written) == (2, [])
    assert "service account" in done.out


def test_entries_of_others_stay(shop: Project, kubectl: Kubectl) -> None:
    """Before, beside and after ours; a write by somebody else is drift only where ours is gone."""
    kubectl("create", "namespace", shop.namespace)
    kubectl("wait", f"--namespace={shop.namespace}", "--for=create", "serviceaccount/default", "--timeout=10s")
    patch(shop, kubectl, ["theirs"])
    shop.applied(REG=REG)
    assert entries(shop, kubectl) == ["theirs", "registry"]
    patch(shop, kubectl, ["registry", "another"])
    assert shop("plan", REG=REG).code == 0
    patch(shop, kubectl, ["another"])
    kind, reason = shop.actions(REG=REG)["default"]
    assert kind == "update"
    assert "imagePullSecrets" in reason
    shop.applied(REG=REG)
    assert entries(shop, kubectl) == ["another", "registry"]


@pytest.mark.parametrize("rest", [DETACHED, NOTHING], ids=["the secret stays", "all of it is dropped"])
def test_what_the_file_drops_is_detached(rest: str, shop: Project, kubectl: Kubectl) -> None:
    """And nothing else; afterwards the account is nobody's business, and not even read."""
    shop.applied(REG=REG)
    patch(shop, kubectl, ["registry", "theirs"])
    shop.environment(rest)
    assert shop.actions(REG=REG)["default"] == ("update", "detaches registry")
    shop.applied(REG=REG)
    assert entries(shop, kubectl) == ["theirs"]
    assert "reconciler" not in kubectl(
        "get", "serviceaccount", "default", "-n", shop.namespace, "-o", "jsonpath={.metadata.annotations}"
    )
    mark = shop.control_plane.settle_audit()
    assert shop("plan", REG=REG).code == 0
    shop.control_plane.settle_audit()
    found = [item for item in shop.control_plane.audit.read(mark) if item.user == "admin"]
    assert "serviceaccounts" not in {item.resource for item in found}


def test_a_named_account(shop: Project, kubectl: Kubectl) -> None:
    """One that exists is attached to; one that does not is a blocked action, which says what to do."""
    shop.environment(ATTACHED.replace("attachPullSecrets: true", "attachPullSecrets: [builder]"))
    kind, reason = shop.actions(REG=REG)["builder"]
    assert kind == "blocked"
    assert "it does not exist: make it first" in reason
    kubectl("create", "namespace", shop.namespace)
    kubectl("create", "serviceaccount", "builder", "-n", shop.namespace)
    shop.applied(REG=REG)
    assert entries(shop, kubectl, "builder") == ["registry"]
    assert entries(shop, kubectl) == []
