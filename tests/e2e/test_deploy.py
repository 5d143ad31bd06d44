"""deploy/chart on a real API server: admitted as restricted; its ServiceAccount may do what is needed, and no more."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from reconciler.sandbox import Sandbox, writes
from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project
from tests.forks.process import environment
from tests.git_servers import Origin, make_origin

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
        item["message"]
        for item in project.document("preflight", **given)["checks"]
        if item["area"] == "rights" and item["status"] != "ok"
    ]
    # It does without, on purpose: the guide tells what that means.
    assert missing == ["no right to list: to find all secrets that the file no longer has"]
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
    "events": "list",
    "events.events.k8s.io": "create patch",
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


def test_the_daemon_runs_under_it(
    project: Project, installed: Installed, kubectl: Kubectl, tmp_path: Path, control_plane: Sandbox
) -> None:
    """The Sync file as the chart made it, by the ServiceAccount's token: lead, install, drift, prune.

    Only where the repository and the cluster are is another: this is no pod.
    """
    origin = make_origin(tmp_path / "origin")
    _push(project, installed, origin, "one", "two")
    made = kubectl("-n", installed.home, "get", "configmap", "sync", "-o", r"jsonpath={.data.sync\.yaml}")
    sync = yaml.safe_load(made)
    sync["source"] = {"git": {"url": origin.url, "branch": "main"}, "environments": "env.yaml"}
    sync["leader"]["kubeconfig"] = {"env": "RECONCILE_KUBECONFIG"}
    sync |= {"state": "state", "poll": "1s", "defaults": {"interval": "2s"}, "server": {"listen": "127.0.0.1:0"}}
    (tmp_path / "sync.yaml").write_text(yaml.safe_dump(sync))
    mark = control_plane.settle_audit()

    def there() -> set[str]:
        names = kubectl("-n", project.namespace, "get", "configmaps", "-o", "jsonpath={.items[*].metadata.name}")
        return set(names.split()) - {"kube-root-ca.crt"}

    with _daemon(tmp_path, installed) as (process, told):
        told(lambda: there() == {"one", "two"})
        kubectl("-n", project.namespace, "delete", "configmap", "one")
        told(lambda: there() == {"one", "two"})
        _push(project, installed, origin, "one")
        told(lambda: there() == {"one"})
        holder = kubectl("-n", installed.home, "get", "leases", "-o", "jsonpath={.items[*].spec.holderIdentity}")
        assert "/sync/" in holder
        process.terminate()
        assert process.wait(60) == 0
    control_plane.settle_audit()
    refused = {
        f"{record.verb} {record.resource} in {record.namespace}"
        for record in control_plane.audit.read(mark)
        if record.user == installed.account and record.code == 403
    }
    assert refused == {"list secrets in "}


def _push(project: Project, installed: Installed, origin: Origin, *releases: str) -> None:
    """Commit the environment with these releases."""
    _shop(project, installed, "releases:\n" + "".join(f"  {name}: {{chart: charts/app}}\n" for name in releases))
    charts = [path for path in (project.folder / "charts").rglob("*") if path.is_file()]
    files = [project.folder / "env.yaml", *charts]
    origin.commit("Change", {str(path.relative_to(project.folder)): path.read_text() for path in files})


@contextmanager
def _daemon(
    folder: Path, installed: Installed
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[Callable[[], bool]], None]]]:
    """`reconcile sync` under way, and a way to wait while it is; it is gone afterwards."""
    given = {"RECONCILE_KUBECONFIG": installed.kubeconfig, "DB": "correct-horse"}
    program = Path(sys.executable).with_name("reconcile")
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [program, "sync", "-f", "sync.yaml"], cwd=folder, env=environment(given), stdout=file, stderr=file
        )

    def until(holds: Callable[[], bool]) -> None:
        end = time.monotonic() + 90
        while not holds():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.2)

    try:
        yield process, until
    finally:
        process.kill()
        process.wait()
