"""deploy/chart on a real API server: admitted as restricted; its ServiceAccount may do what is needed, and no more."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.sandbox import Sandbox, writes
from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e

CHART = Path(__file__).parents[2] / "deploy/chart"


@dataclass(frozen=True)
class Installed:
    """The chart, installed in a namespace of its own.

    Attributes:
        home: that namespace.
        account: its ServiceAccount, as a user.
        kubeconfig: of the ServiceAccount.
    """

    home: str
    account: str
    kubeconfig: str


@pytest.fixture
def installed(
    project: Project, helm_program: Path, kubectl: Kubectl, kubeconfig: str, control_plane: Sandbox
) -> Iterator[Installed]:
    """For the project's namespace, as a person installs it, where pod security is `restricted`."""
    home = f"{project.namespace}-sync"
    for name in (home, project.namespace):
        kubectl("create", "namespace", name)
    kubectl("label", "namespace", home, "pod-security.kubernetes.io/enforce=restricted")
    settings = [
        f"rbac.namespaces={{{project.namespace}}}",
        "replicaCount=2",
        "image.repository=example.com/reconciler",
        "networkPolicy.enabled=true",
        "ingress.enabled=true",
        "ingress.host=sync.example.com",
    ]
    command = [
        *(str(helm_program), "install", "sync", str(CHART), "--namespace", home),
        *(part for setting in settings for part in ("--set", setting)),
        *("--wait", "--timeout", "60s", "--kubeconfig", str(control_plane.kubeconfig_path)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    token = kubectl("-n", home, "create", "token", "sync").strip()
    admin = next(line.split()[-1] for line in kubeconfig.splitlines() if "token:" in line)
    yield Installed(home, f"system:serviceaccount:{home}:sync", kubeconfig.replace(admin, token))
    subprocess.run([*command[:1], "uninstall", "sync", "-n", home, *command[-2:]], capture_output=True, check=False)


def test_its_pods_are_admitted_as_restricted(installed: Installed, kubectl: Kubectl) -> None:
    """Two are up; whatever pod security forbids would have kept them from being made."""
    pods = json.loads(kubectl("-n", installed.home, "get", "pods", "-o", "json"))["items"]
    assert [pod["status"]["phase"] for pod in pods] == ["Running", "Running"]
    context = pods[0]["spec"]["containers"][0]["securityContext"]
    assert (context["readOnlyRootFilesystem"], pods[0]["spec"]["securityContext"]["runAsUser"]) == (True, 65532)


def _shop(project: Project, installed: Installed, releases: str) -> None:
    project.chart(
        "app",
        {"templates/app.yaml": DEPLOYMENT, "templates/config.yaml": CONFIG_MAP},
        DEPLOYMENT_VALUES + "text: hello\n",
    )
    project.environment(
        "namespaces: {NAMESPACE: {manage: false}}\n"
        f"policy: {{lock: {{namespace: {installed.home}}}, prune: {{maxShare: 1}}}}\n"
        "secrets: {db: {type: Opaque, data: {password: {env: DB}}, namespaces: [NAMESPACE]}}\n" + releases
    )


def test_its_rights_are_enough(project: Project, installed: Installed, kubectl: Kubectl) -> None:
    """By the ServiceAccount's own token: preflight, install, upgrade, correction of drift, rollback, pruning."""
    both = "releases:\n  app: {chart: charts/app, wait: 1m}\n  old: {chart: charts/app, wait: 1m}\n"
    given = {"RECONCILE_KUBECONFIG": installed.kubeconfig, "DB": "correct-horse"}
    _shop(project, installed, both)
    missing = [
        item
        for item in project.document("preflight", **given)["checks"]
        if item["area"] == "rights" and item["status"] != "ok"
    ]
    assert missing == []
    project.applied(**given)

    _shop(project, installed, both.replace("chart: charts/app", "chart: charts/app, values: [{text: upgraded}]", 1))
    project.applied(**given)
    kubectl("-n", project.namespace, "delete", "configmap", "app")
    kubectl("-n", project.namespace, "scale", "deployment", "app", "--replicas=3")
    mark = project.control_plane.settle_audit()
    project.applied(**given)
    _shop(project, installed, both.splitlines(keepends=True)[0] + both.splitlines(keepends=True)[1])
    project.applied(**given)
    project.control_plane.settle_audit()

    assert kubectl("-n", project.namespace, "get", "deployments,configmaps", "-o", "name").split() == [
        "deployment.apps/app",
        "configmap/app",
        "configmap/kube-root-ca.crt",
    ]
    refused = [
        f"{record.verb} {record.resource} in {record.namespace}"
        for record in project.control_plane.audit.read(mark)
        if record.user == installed.account and record.code == 403
    ]
    # Asked once for all namespaces, and then for each that is kept; the plan says what it does not see.
    assert set(refused) == {"list secrets in "}
    assert {item.user for item in writes(project.control_plane.audit.read(mark), user=installed.account)}


# What everybody may who is logged in, and which namespaces there are.
_EVERYWHERE = {
    "selfsubjectreviews.authentication.k8s.io": "create",
    "selfsubjectaccessreviews.authorization.k8s.io": "create",
    "selfsubjectrulesreviews.authorization.k8s.io": "create",
    "namespaces": "get list watch",
}
_LEASES = {"leases.coordination.k8s.io": "create get patch"}
_KEPT = [
    "configmaps",
    "secrets",
    "services",
    "serviceaccounts",
    "persistentvolumeclaims",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "jobs.batch",
    "cronjobs.batch",
    "ingresses.networking.k8s.io",
    "networkpolicies.networking.k8s.io",
    "horizontalpodautoscalers.autoscaling",
    "poddisruptionbudgets.policy",
]
_LOOKED_INTO = {
    "pods": "get list watch",
    "pods/log": "get",
    "replicasets.apps": "get list watch",
    "events": "create get list patch",
    "events.events.k8s.io": "create get list patch",
}


def _allowed(kubectl: Kubectl, account: str, namespace: str) -> dict[str, str]:
    """What the server says that a user may do there: resource, with the names that it is bound to → verbs."""
    lines = kubectl("auth", "can-i", "--list", "--no-headers", "--as", account, "-n", namespace).splitlines()
    found = (re.match(r"(\S+)\s+\[\]\s+\[(.*)\]\s+\[(.*)\]$", line) for line in lines)
    return {match[1] + match[2]: " ".join(sorted(match[3].split())) for match in found if match}


def test_its_rights_end_there(project: Project, installed: Installed, kubectl: Kubectl) -> None:
    """The whole list, by the server: in what it keeps, at home, and anywhere else."""
    kept = dict.fromkeys(_KEPT, "create delete get list patch update watch")
    assert _allowed(kubectl, installed.account, project.namespace) == {**_EVERYWHERE, **_LOOKED_INTO, **kept}
    assert _allowed(kubectl, installed.account, installed.home) == {**_EVERYWHERE, **_LEASES}
    assert _allowed(kubectl, installed.account, "kube-system") == _EVERYWHERE
