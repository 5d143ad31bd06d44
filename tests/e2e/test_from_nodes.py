"""`reconcile preflight --from-nodes`: pods on the nodes of a real API server, removed whatever happens."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reconciler.adapters.kube.probe_pod import RUN_LABEL
from reconciler.sandbox.nodes import NODE_NAMES
from tests.conftest import Kubectl
from tests.e2e.conftest import DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e


@pytest.fixture
def closed(project: Project) -> Project:
    """An environment with an image of a registry that pods do not reach."""
    values = DEPLOYMENT_VALUES.replace("example.com", "closed.example.com")
    project.chart("app", {"templates/app.yaml": DEPLOYMENT}, values)
    project.environment("releases: {app: {chart: charts/app}}")
    return project


def test_a_look_from_the_nodes(closed: Project) -> None:
    """What each node reaches is a check; the only writes are pods, as many removed as made."""
    options = ("--from-nodes", "--probe-image", "probe.example.com/agnhost:1", "--full")
    done, written = closed.writes_during("preflight", *options)
    nodes = ", ".join(NODE_NAMES)

    assert done.code == 0, done.text
    assert f"✓ TCP kubernetes.default.svc:443: reached from {nodes}" in done.out
    assert f"! TCP closed.example.com:443: from {nodes}: connection refused" in done.out
    assert [(each.verb, each.resource) for each in written] == [("create", "pods")] * 2 + [("delete", "pods")] * 2


def test_without_being_told_nothing_is_made(closed: Project) -> None:
    """A plain preflight looks from here only."""
    done, written = closed.writes_during("preflight")
    assert done.code == 0, done.text
    assert "kubernetes.default.svc" not in done.out
    assert written == []


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_no_pod(sent: signal.Signals, closed: Project, kubeconfig: str, kubectl: Kubectl) -> None:
    """Ctrl-C, and what CI sends, while pods are under way: they are removed, and the exit code says so."""
    program = Path(sys.executable).with_name("reconcile")
    options = ["preflight", "-e", "env.yaml", "--from-nodes", "--probe-image", "probe.example.com/hangs:1"]
    environ = {"RECONCILE_KUBECONFIG": kubeconfig, "PATH": "/usr/bin:/bin", "HOME": str(closed.folder)}
    with subprocess.Popen(
        [str(program), *options], cwd=closed.folder, env=environ, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        _wait_for_pods(kubectl, 2)
        process.send_signal(sent)
        _, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert err.decode().endswith("interrupted\n")
    _wait_for_pods(kubectl, 0)


def _wait_for_pods(kubectl: Kubectl, count: int) -> None:
    for _ in range(150):
        found = kubectl("-n", "default", "get", "pods", "-l", RUN_LABEL, "-o", "name").split()
        if len(found) == count:
            return
        time.sleep(0.1)
    raise TimeoutError(f"{len(found)} pods, not {count}")
