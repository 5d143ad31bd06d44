"""deploy/chart: what it renders is safe, says what values say, and grants no more."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.daemon.config.sync_file import SyncSpec
from tests.conftest import run_reconcile

TOP = Path(__file__).parents[2]
CHART = TOP / "deploy/chart"
Objects = Sequence[dict[str, Any]]
Render = Callable[..., Objects]

EVERYTHING = (
    "replicaCount=3",
    "rbac.namespaces={shop,pay}",
    "rbac.lockNamespaces={shop}",
    "rbac.manageNamespaces=true",
    "ingress.enabled=true",
    "ingress.host=sync.example.com",
    "ingress.tlsSecret=tls",
    "networkPolicy.enabled=true",
    "serviceMonitor.enabled=true",
    "existingSecrets={git,signers}",
    "environmentSecrets={db}",
    "environmentConfigMaps={settings}",
)


def _template(helm: Path, settings: Sequence[str]) -> subprocess.CompletedProcess[str]:
    given = [part for setting in settings for part in ("--set", setting)]
    command = [str(helm), "template", "sync", str(CHART), "--namespace", "system", *given]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def render(helm_program: Path) -> Render:
    """The objects of the chart with these settings, by the `helm` program."""

    def run(*settings: str) -> Objects:
        done = _template(helm_program, settings)
        assert done.returncode == 0, done.stderr
        return [item for item in yaml.safe_load_all(done.stdout) if item]

    return run


def _of(objects: Objects, kind: str) -> list[dict[str, Any]]:
    return [item for item in objects if item["kind"] == kind]


def test_it_has_nothing_that_lint_finds(helm_program: Path, tmp_path: Path) -> None:
    """Neither Helm's lint nor ours."""
    done = run_reconcile(["chart", "lint", str(CHART)], tmp_path, {})
    assert (done.code, "0 errors, 0 warnings" in done.out) == (0, True), done.text
    strict = [str(helm_program), "lint", "--strict", str(CHART)]
    assert subprocess.run(strict, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("replicas=3", "replicas"),
        ("rbac.namespaces={Shop}", "rbac"),
        ("existingSecrets={a/b}", "existingSecrets"),
        ("sync=null", "sync"),
        ("service.port=0", "port"),
        ("ingress.enabled=true", "ingress.host is needed"),
        ("replicaCount=2,state.existingClaim=state", "single replica"),
        ("serviceAccount.create=false", "serviceAccount.name is needed"),
    ],
)
def test_values_that_make_no_sense_are_refused(setting: str, told: str, helm_program: Path) -> None:
    """With the name of what is wrong, before anything is installed."""
    done = _template(helm_program, [setting])
    assert done.returncode != 0
    assert told in done.stderr


@pytest.mark.parametrize("settings", [(), EVERYTHING], ids=["defaults", "everything"])
def test_the_sync_file_is_valid(settings: Sequence[str], render: Render) -> None:
    """The daemon reads what the chart writes; it listens for the Service, and shares the work by Leases."""
    (made,) = _of(render(*settings), "ConfigMap")
    spec = SyncSpec.model_validate(yaml.safe_load(made["data"]["sync.yaml"]))
    assert spec.server.listen == "0.0.0.0:8080"
    assert spec.leader is not None
    assert (spec.leader.namespace, spec.leader.kubeconfig.in_cluster) == ("system", True)
    assert spec.state == "/var/lib/reconciler"


def test_what_values_say_of_the_sync_file_wins(render: Render) -> None:
    """But for the folder, which is the pod's."""
    settings = ("sync.server.listen=[::]:8080", "sync.leader.namespace=locks", "sync.state=/elsewhere")
    (made,) = _of(render(*settings), "ConfigMap")
    spec = SyncSpec.model_validate(yaml.safe_load(made["data"]["sync.yaml"]))
    assert spec.leader is not None
    assert (spec.server.listen, spec.leader.namespace, spec.state) == ("[::]:8080", "locks", "/var/lib/reconciler")


def test_no_secret_is_made(render: Render) -> None:
    """Secrets exist already; the chart names them, so that no value of Helm's holds one."""
    objects = render(*EVERYTHING)
    assert _of(objects, "Secret") == []
    (pod,) = (item["spec"]["template"]["spec"] for item in _of(objects, "Deployment"))
    mounted = {item["mountPath"] for item in pod["containers"][0]["volumeMounts"]}
    assert {"/etc/reconciler/secrets/git", "/etc/reconciler/secrets/signers"} <= mounted
    assert {"secretRef": {"name": "db"}} in pod["containers"][0]["envFrom"]


def _grants(objects: Objects) -> dict[tuple[str, str], set[tuple[str, str, str]]]:
    """Kind and namespace of each role → group, resource and verb."""
    found: dict[tuple[str, str], set[tuple[str, str, str]]] = {}
    for item in (*_of(objects, "Role"), *_of(objects, "ClusterRole")):
        rights = found.setdefault((item["kind"], item["metadata"].get("namespace", "")), set())
        for rule in item["rules"]:
            rights.update(
                (group, plural, verb)
                for group in rule["apiGroups"]
                for plural in rule["resources"]
                for verb in rule["verbs"]
            )
    return found


@pytest.mark.parametrize("settings", [(), EVERYTHING, ("rbac.clusterWide=true",)])
def test_no_right_makes_others(settings: Sequence[str], render: Render) -> None:
    """No wildcards, no roles, no impersonation, no shells in pods, no tokens."""
    rights = {right for some in _grants(render(*settings)).values() for right in some}
    assert not {verb for _, _, verb in rights} & {"*", "escalate", "bind", "impersonate", "approve", "sign"}
    assert not {group for group, _, _ in rights} & {"*", "rbac.authorization.k8s.io"}
    assert not {plural for _, plural, _ in rights} & {"*", "pods/exec", "pods/attach", "serviceaccounts/token", "nodes"}
    assert {verb for _, plural, verb in rights if plural.startswith("pods")} <= {"get", "list", "watch"}


def test_rights_end_at_the_namespaces(render: Render) -> None:
    """Of the cluster it sees which namespaces there are; at home it has its Leases, and no Secret."""
    grants = _grants(render("rbac.namespaces={shop,pay}"))
    assert set(grants) == {("ClusterRole", ""), ("Role", "shop"), ("Role", "pay"), ("Role", "system")}
    assert grants["ClusterRole", ""] == {("", "namespaces", verb) for verb in ("get", "list", "watch")}
    assert {plural for _, plural, _ in grants["Role", "system"]} == {"leases"}
    assert grants["Role", "shop"] == grants["Role", "pay"]


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        (("replicaCount=1",), set()),
        (("replicaCount=2",), {"PodDisruptionBudget"}),
        (("replicaCount=1", "networkPolicy.enabled=true"), {"NetworkPolicy"}),
        (("replicaCount=1", "serviceMonitor.enabled=true"), {"ServiceMonitor"}),
    ],
)
def test_what_is_optional(settings: Sequence[str], kinds: set[str], render: Render) -> None:
    """A budget is for several replicas; what needs an operator or a controller is asked for."""
    optional = {"PodDisruptionBudget", "NetworkPolicy", "ServiceMonitor", "Ingress"}
    assert {item["kind"] for item in render(*settings)} & optional == kinds


def test_another_sync_file_makes_new_pods(render: Render) -> None:
    """A daemon reads it once, when it starts."""
    one, other = (
        _of(render(f"sync.source.git.branch={branch}"), "Deployment")[0]["spec"]["template"]["metadata"]["annotations"]
        for branch in ("main", "next")
    )
    assert one != other
