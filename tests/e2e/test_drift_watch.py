"""Drift on a real control plane, told as it happens; and what it costs while nothing happens."""

from __future__ import annotations

import queue
import subprocess
import time
from collections.abc import Hashable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.adapters.kube.watch import KubeWatcher
from reconciler.cli.wiring import make_context
from reconciler.daemon.loop.hold import leave_drift, settled
from reconciler.daemon.watch.drift import DriftWatch
from reconciler.daemon.watch.expectations import expectations
from reconciler.flows.context import Request
from reconciler.flows.planning import look, make_plan
from reconciler.model.identity import Target
from reconciler.model.plan import ActionKind
from reconciler.sandbox import Sandbox
from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e

Told = tuple[str, Target, str]
DETACHED = '[{"op": "remove", "path": "/imagePullSecrets"}]'


class Following:
    """A project's environment, followed from looks at it."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self.drift = DriftWatch(KubeWatcher, lambda *told: self._told.put(told))
        self.in_place: dict[Target, Hashable] = {}

    def look(self) -> None:
        """As a run that finds nothing to do."""
        found = look(Request("env.yaml"), make_context("env.yaml", "library"))
        with closing(found.tools.engine):
            self.drift.follow(found.desired.name, expectations(found.desired, found.observed, found.own))
            self.in_place |= settled(found.own, found.desired.releases, found.states)

    def left(self) -> Mapping[str, str]:
        """What a run would find to do, and what it says of that when drift is not corrected."""
        found = look(Request("env.yaml"), make_context("env.yaml", "library"))
        with closing(found.tools.engine):
            actions = leave_drift(make_plan(found), self.in_place).actions
        told = [item for item in actions if item.kind is not ActionKind.NONE or item.reason.endswith("left")]
        return {type(item.target).__name__: item.reason for item in told}

    def next(self, seconds: float = 10.0) -> str:
        """What is told next, without the namespace."""
        environment, target, item = self._told.get(timeout=seconds)
        assert environment == self._project.namespace
        return f"{target}: {item}".replace(f"{self._project.namespace}/", "").replace(self._project.namespace, "home")

    @property
    def is_quiet(self) -> bool:
        """Whether nothing more was told."""
        return self._told.empty()


@pytest.fixture
def following(project: Project, kubeconfig: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Following]:
    """A release with a Deployment and a ConfigMap, a namespace and secrets: applied, and followed."""
    templates = {"templates/app.yaml": DEPLOYMENT, "templates/config.yaml": CONFIG_MAP}
    project.chart("app", templates, f"{DEPLOYMENT_VALUES}text: hello\n")
    project.environment("""
        namespaces: {NAMESPACE: {pullSecrets: [registry], attachPullSecrets: true}}
        secrets:
          db: {type: Opaque, data: {password: {env: DB}}, namespaces: [NAMESPACE]}
          registry: {type: dockerconfigjson, registries: {registry.example.com: {username: ci, password: {env: DB}}}}
        releases: {app: {chart: charts/app, wait: 1m}}
    """)
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("RECONCILE_KUBECONFIG", kubeconfig)
    monkeypatch.setenv("DB", "hunter2hunter2")
    project.applied(DB="hunter2hunter2")
    made = Following(project)
    made.look()
    yield made
    made.drift.stop()


def test_drift_is_told_as_it_happens(following: Following, project: Project, kubectl: Kubectl) -> None:
    """Of objects, secrets and namespaces; what Helm does by hand too. Each once, and what is put back not at all."""
    home = ("-n", project.namespace)
    kubectl(*home, "set", "image", "deployment/app", "main=example.com/app:broken")
    assert following.next() == "release app: Deployment app"
    kubectl(*home, "delete", "configmap", "app")
    assert following.next() == "release app: ConfigMap app (deleted)"
    kubectl(*home, "patch", "secret", "db", "-p", '{"stringData": {"password": "other"}}')
    assert following.next() == "secret db: Secret db"
    kubectl("label", "namespace", project.namespace, "reconciler/environment-")
    assert following.next() == "namespace home: Namespace home"
    kubectl(*home, "patch", "serviceaccount", "default", "--type=json", "-p", DETACHED)
    assert following.next() == "service account default: ServiceAccount default"
    following.drift.pause(project.namespace)
    project.applied(DB="hunter2hunter2")
    following.look()
    kubectl(*home, "scale", "deployment/app", "--replicas=2")
    assert following.next() == "release app: Deployment app"
    kubectl(*home, "delete", "secret", "sh.helm.release.v1.app.v1")
    assert following.next() == "release app: Secret sh.helm.release.v1.app.v1 (deleted)"
    assert following.is_quiet


def test_what_may_be_left(
    following: Following,
    project: Project,
    kubectl: Kubectl,
    helm_program: Path,
    kubeconfig: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where drift is not corrected, what others change beside releases is left too, and what they make of a release
    with Helm; what the file changes is done."""
    home = ("-n", project.namespace)
    kubectl(*home, "patch", "secret", "db", "-p", '{"stringData": {"password": "other"}}')
    kubectl("label", "namespace", project.namespace, "--overwrite", "app.kubernetes.io/managed-by=me")
    kubectl(*home, "patch", "serviceaccount", "default", "--type=json", "-p", DETACHED)
    (project.folder / "config").write_text(kubeconfig)
    by_hand = ["--kubeconfig=config", *home, "upgrade", "app", "charts/app", "--set=text=by-hand"]
    subprocess.run([helm_program, *by_hand], cwd=project.folder, check=True, capture_output=True)
    left = following.left()
    assert left.keys() == {"SecretId", "NamespaceId", "AccountId", "ReleaseId"}
    assert all(reason.endswith("; it is left") for reason in left.values()), left
    monkeypatch.setenv("DB", "changed-in-the-file")
    assert following.left()["SecretId"].startswith("differs: ")
    assert not following.left()["SecretId"].endswith("left")
    (project.folder / "charts/app/values.yaml").write_text(f"{DEPLOYMENT_VALUES}text: changed-in-the-file\n")
    assert not following.left()["ReleaseId"].endswith("left")


def test_it_is_told_within_a_second(following: Following, project: Project, kubectl: Kubectl) -> None:
    """From the end of the request that made it."""
    taken = []
    for number in range(10):
        kubectl("-n", project.namespace, "patch", "configmap", "app", "-p", f'{{"data": {{"text": "{number}"}}}}')
        begun = time.monotonic()
        assert following.next() == "release app: ConfigMap app"
        taken.append(time.monotonic() - begun)
    assert max(taken) < 1.0, taken


MANY = """
    {{- range untilStep 0 500 1 }}
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: {{ printf "%s-%d" $.Release.Name . }}}
    data: {text: {{ $.Values.text | quote }}}
    {{- end }}
"""


def test_silence_costs_nothing(
    project: Project, kubeconfig: str, monkeypatch: pytest.MonkeyPatch, control_plane: Sandbox, kubectl: Kubectl
) -> None:
    """Five hundred objects under watch: not one request while nothing happens, and next to no time of the processor."""
    project.chart("many", {"templates/all.yaml": MANY}, "text: hello\n")
    project.environment("releases: {many: {chart: charts/many}}")
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("RECONCILE_KUBECONFIG", kubeconfig)
    project.applied()
    following = Following(project)
    following.look()
    kubectl("-n", project.namespace, "patch", "configmap", "many-499", "-p", '{"data": {"text": "other"}}')
    assert following.next(30.0) == "release many: ConfigMap many-499"
    mark, spent = control_plane.settle_audit(), time.process_time()

    time.sleep(5)  # what does not happen cannot be waited for

    spent = time.process_time() - spent
    control_plane.settle_audit()
    asked = [record for record in control_plane.audit.read(mark) if record.user_agent.startswith("reconciler/")]
    following.drift.stop()
    assert asked == []
    assert spent < 0.25
