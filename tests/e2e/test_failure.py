"""Failures: what they stop, what they say, and that the next run repairs what they left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e

SHORT_LOCK = "policy: {lock: {duration: 3s}}\n"
NEVER_READY = "values: [{nodeSelector: {there: is-no-such-node}}]"


def _charts(project: Project) -> None:
    project.chart("app", {"templates/app.yaml": DEPLOYMENT}, DEPLOYMENT_VALUES)
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")


def test_a_failure_stops_only_what_needs_it(project: Project, kubectl: Kubectl) -> None:
    """A release that does not become ready in time has failed; those that need it are skipped, the rest is applied."""
    _charts(project)
    project.environment(f"""
        releases:
          bad: {{chart: charts/app, wait: 2s, {NEVER_READY}}}
          after: {{chart: charts/config, needs: [bad]}}
          last: {{chart: charts/config, needs: [after]}}
          beside: {{chart: charts/config}}
    """)

    done = project("apply", "-o", "json")
    results = {a["target"]["name"]: a["outcome"]["result"] for a in json.loads(done.out)["actions"]}

    assert done.code == 1
    assert results["bad"] == "failed"
    assert (results["after"], results["last"]) == ("skipped", "skipped")
    assert results["beside"] == "done"
    assert kubectl("-n", project.namespace, "get", "cm", "-o", "name").split() == [
        "configmap/beside",
        "configmap/kube-root-ca.crt",
    ]
    assert "not ready" in done.err or "timed out" in done.err or "deadline" in done.err


def test_a_failed_release_is_repaired_by_the_next_run(project: Project) -> None:
    """After a failed first install the plan says so, and an apply of the corrected file converges."""
    _charts(project)
    project.environment(f"releases: {{app: {{chart: charts/app, wait: 2s, {NEVER_READY}}}}}")
    assert project("apply").code == 1
    status = project("status")
    assert status.code == 2
    assert "failed" in status.out

    project.environment("releases: {app: {chart: charts/app, wait: 60s}}")
    kind, reason = project.actions()["app"]
    project.applied()

    assert kind == "upgrade"
    assert "revision 1 is failed" in reason
    assert project.actions() == {}


def test_no_wait_returns_at_once(project: Project) -> None:
    """Without `wait`, a release whose pods never start is installed all the same."""
    _charts(project)
    project.environment(f"releases: {{app: {{chart: charts/app, {NEVER_READY}}}}}")

    project.applied()


@pytest.mark.parametrize("engine", ["library", "program"])
@pytest.mark.parametrize("delay", [0.2, 0.6, 2.5])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupt_leaves_what_the_next_run_repairs(
    number: signal.Signals, delay: float, engine: str, project: Project, kubeconfig: str, helm_program: Path
) -> None:
    """Interrupted while a release waits for ever, the run ends within seconds and leaves nothing pending."""
    _charts(project)
    project.environment(f"""
        releases:
          app: {{chart: charts/app, wait: 0, {NEVER_READY}}}
          after: {{chart: charts/config, needs: [app]}}
    """)
    path = f"{helm_program.parent}:{os.environ['PATH']}"
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("reconcile")), "apply", "-e", "env.yaml", "--engine", engine],
        cwd=project.folder,
        env={**os.environ, "PATH": path, "RECONCILE_KUBECONFIG": kubeconfig},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    time.sleep(delay)
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)

    assert process.returncode in (1, 130, -number), output
    assert "Traceback" not in output
    project.environment("""
        releases:
          app: {chart: charts/app, wait: 60s}
          after: {chart: charts/config, needs: [app]}
    """)
    project.applied()
    assert project.actions() == {}


@pytest.mark.parametrize("options", [(), ("--break-lock",)], ids=["waits for the Lease to end", "--break-lock"])
def test_a_run_that_died_is_repaired(options: tuple[str, ...], project: Project, kubeconfig: str) -> None:
    """After SIGKILL the release is pending: a plan says so, and an apply repairs it once the lock is its own."""
    _charts(project)
    project.environment(f"{SHORT_LOCK}releases: {{app: {{chart: charts/app, wait: 0, {NEVER_READY}}}}}")
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("reconcile")), "apply", "-e", "env.yaml"],
        cwd=project.folder,
        env={**os.environ, "RECONCILE_KUBECONFIG": kubeconfig},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while "pending-install" not in project("status").out and time.monotonic() < deadline:
        time.sleep(0.2)
    process.kill()
    process.wait()

    project.environment(SHORT_LOCK + "releases: {app: {chart: charts/app, wait: 60s}}")
    kind, reason = project.actions()["app"]
    done = project.applied(*options)

    assert kind == "upgrade"
    assert "revision 1 is pending-install by run " in reason
    assert "that ended with 1 of 1 object in place: repaired, then upgraded" in done.out
    assert project.actions() == {}
