"""Two runs at once, and runs that die, stop or wake up late: on a real API server, by its audit log."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.kube.leases import KubeLeases
from reconciler.model.desired import ClusterAccess
from reconciler.model.lease import Lease
from reconciler.model.policy import LockPolicy
from reconciler.sandbox import AuditRecord, writes
from tests.conftest import Kubectl
from tests.e2e.conftest import CONFIG_MAP, DEPLOYMENT, DEPLOYMENT_VALUES, Project

pytestmark = pytest.mark.e2e

POLICY = "policy: {lock: {namespace: NAMESPACE, duration: 2s}}\nnamespaces: {NAMESPACE: {manage: false}}\n"
NEVER_READY = "values: [{nodeSelector: {there: is-no-such-node}}]"
STUCK = f"releases: {{app: {{chart: charts/app, wait: 0, {NEVER_READY}}}}}\n"
READY = "releases: {app: {chart: charts/app, wait: 60s}}\n"


@dataclass
class Site:
    """A project whose namespace exists, and runs on it that are told apart in the audit log by their user."""

    project: Project
    kubectl: Kubectl
    kubeconfig: str
    helm: Path
    leases: KubeLeases

    def environment(self, releases: str) -> None:
        """Write env.yaml, with a lock that ends soon after its holder."""
        head = "apiVersion: reconciler/v1\nkind: Environment\nname: NAMESPACE\ndefaults: {namespace: NAMESPACE}\n"
        clusters = "clusters: {main: {kubeconfig: {env: RECONCILE_KUBECONFIG}}}\n"
        self.project.write("env.yaml", head + clusters + POLICY + releases)

    def user(self, name: str) -> str:
        """The kubeconfig of a ServiceAccount that may do everything."""
        home = self.project.namespace
        self.kubectl("-n", home, "create", "serviceaccount", name)
        account = f"--serviceaccount={home}:{name}"
        self.kubectl("create", "clusterrolebinding", f"{home}-{name}", "--clusterrole=cluster-admin", account)
        made = self.kubectl("-n", home, "create", "token", name).strip()
        token = next(line.split()[-1] for line in self.kubeconfig.splitlines() if "token:" in line)
        return self.kubeconfig.replace(token, made)

    def start(self, kubeconfig: str, *options: str, **environ: str) -> subprocess.Popen[str]:
        """An apply under way."""
        path = f"{self.helm.parent}:{os.environ['PATH']}"
        return subprocess.Popen(
            [str(Path(sys.executable).with_name("reconcile")), "apply", "-e", "env.yaml", *options],
            cwd=self.project.folder,
            env={**os.environ, "PATH": path, "RECONCILE_KUBECONFIG": kubeconfig, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until_pending(self) -> None:
        """Wait until an operation on the release is under way."""
        home = self.project.namespace
        eventually(lambda: "pending-" in self.kubectl("-n", home, "get", "secrets", "-l", "owner=helm", "-L", "status"))

    def lease(self) -> Any:
        """The Lease of the environment."""
        home = self.project.namespace
        return json.loads(self.kubectl("-n", home, "get", "lease", f"reconciler-{home}", "-o", "json"))

    def writes_since(self, mark: int, *names: str) -> list[AuditRecord]:
        """What these users wrote, in its order; what was refused is not among it."""
        self.project.control_plane.settle_audit()
        users = {f"system:serviceaccount:{self.project.namespace}:{name}" for name in names}
        return [
            item
            for item in writes(self.project.control_plane.audit.read(mark))
            if item.user in users and item.code < 400
        ]


def eventually(holds: Callable[[], object]) -> None:
    """Wait for it, half a minute at most."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture
def site(
    project: Project, kubectl: Kubectl, kubeconfig: str, helm_program: Path, cluster_access: ClusterAccess
) -> Site:
    """See Site."""
    kubectl("create", "namespace", project.namespace)
    project.chart("app", {"templates/app.yaml": DEPLOYMENT}, DEPLOYMENT_VALUES)
    project.chart("config", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    leases = KubeLeases(cluster_access, project.namespace, LockPolicy(namespace=project.namespace))
    return Site(project, kubectl, kubeconfig, helm_program, leases)


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """The process is gone afterwards, whatever happens."""
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_two_runs_at_once_never_interleave(site: Site) -> None:
    """The second waits, looks again, and does what is then to be done: all its writes come after the first one's."""
    site.environment("""releases:
  one: {chart: charts/app, wait: 60s, valuesFrom: {image: {env: IMAGE, sensitive: false}}}
  two: {chart: charts/app, wait: 60s, needs: [one], valuesFrom: {image: {env: IMAGE, sensitive: false}}}
""")
    users = {name: site.user(name) for name in ("ann", "bob")}
    images = {"ann": "broken.example.com/slow:1", "bob": "example.com/app:1"}
    mark = site.project.control_plane.settle_audit()

    with ended(site.start(users["ann"], IMAGE=images["ann"])) as ann:
        eventually(site.leases.read)
        with ended(site.start(users["bob"], "--lock-timeout", "90s", IMAGE=images["bob"])) as bob:
            outputs = [run.communicate(timeout=120)[0] for run in (ann, bob)]

    assert [run.returncode for run in (ann, bob)] == [0, 0], outputs
    assert sum("waiting for the lock of cluster main, which " in output for output in outputs) == 1
    made = site.writes_since(mark, *users)
    order = [user for user, _ in groupby(item.user for item in made)]
    assert len(order) == 2, made
    live = site.kubectl("-n", site.project.namespace, "get", "deploy", "-o", "jsonpath={..image}").split()
    assert live == [images["bob"]] * 2


def test_a_second_run_is_refused_by_the_name_of_the_first(site: Site) -> None:
    """At the first sign of life of its holder, with exit code 3 and nothing written; a plan takes no lock."""
    site.environment(STUCK)
    with ended(site.start(site.kubeconfig)) as first:
        site.until_pending()
        refused, written = site.project.writes_during("apply")
        holder = site.lease()["spec"]["holderIdentity"]
        planned = site.project("plan")
        assert first.poll() is None

    who, _, run = holder.split("/")
    assert refused.code == 3
    assert f"cluster main: {who} (apply, run {run}) holds the lock" in refused.err
    assert "--lock-timeout" in refused.err
    assert {(item.resource, item.verb) for item in written} <= {("leases", "patch"), ("secrets", "update")}
    assert planned.code == 2
    assert f"pending-install by run {run}" in planned.out


@pytest.mark.parametrize("engine", ["library", "program"])
def test_a_run_that_wakes_up_late_writes_nothing(site: Site, engine: str) -> None:
    """Stopped for longer than its Lease lasts, it finds the lock another's, and ends without a mark."""
    site.environment(STUCK)
    late = site.user("late")
    with ended(site.start(late, "--engine", engine)) as first:
        site.until_pending()
        first.send_signal(signal.SIGSTOP)
        site.environment(READY)
        done = site.project.applied()
        stored = site.kubectl("-n", site.project.namespace, "get", "secrets", "-l", "owner=helm", "-o", "yaml")
        mark = site.project.control_plane.settle_audit()
        first.send_signal(signal.SIGCONT)
        output, _ = first.communicate(timeout=30)

    assert "that ended with 1 of 1 object in place: repaired, then upgraded" in done.out
    assert first.returncode == 1, output
    assert "lost the lock of cluster main" in output
    assert site.writes_since(mark, "late") == []
    assert stored == site.kubectl("-n", site.project.namespace, "get", "secrets", "-l", "owner=helm", "-o", "yaml")
    assert site.project.actions() == {}


def test_a_rollback_whose_run_dies_is_repaired_by_the_next_one(site: Site) -> None:
    """Helm gives a rollback the labels of what it goes back to, so that is where its run is noted."""
    job = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: back, annotations: {helm.sh/hook: pre-rollback}}
        spec:
          template:
            spec:
              restartPolicy: Never
              nodeSelector: {there: is-no-such-node}
              containers: [{name: main, image: "example.com/app:1"}]
    """
    site.project.chart("app", {"templates/app.yaml": DEPLOYMENT, "templates/job.yaml": job}, DEPLOYMENT_VALUES)
    site.environment(READY)
    site.project.applied()
    site.environment(STUCK.replace("wait: 0", "wait: 1s, onFailure: {upgrade: rollback}"))
    secrets = ("-n", site.project.namespace, "get", "secrets", "-l", "owner=helm", "-L", "status")
    with ended(site.start(site.kubeconfig)):
        eventually(lambda: "pending-rollback" in site.kubectl(*secrets))

    site.environment(READY)
    done = site.project.applied()

    assert "revision 3 was left pending-rollback by run" in done.out
    assert "pending" not in site.kubectl(*secrets)
    assert site.project.actions() == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupted_run_gives_its_lock_back(site: Site, number: signal.Signals) -> None:
    """The next run need not wait."""
    site.environment(STUCK)
    with ended(site.start(site.kubeconfig)) as first:
        site.until_pending()
        first.send_signal(number)
        first.communicate(timeout=30)

    assert "holderIdentity" not in site.lease()["spec"]
    site.environment(READY)
    done = site.project.applied()
    assert "waiting" not in done.text


def test_a_run_without_changes_asks_for_no_lock(site: Site) -> None:
    """Also while another holds it."""
    site.environment("releases: {app: {chart: charts/config}}")
    site.project.applied()
    found = site.leases.read()
    assert found
    site.leases.write(replace(found, holder="bob@ci/apply/2"))

    done, written = site.project.writes_during("apply")

    assert done.code == 0, done.text
    assert written == []


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1)], ids=["an hour back", "an hour ahead"])
def test_the_clock_of_the_holder_does_not_matter(site: Site, jump: timedelta) -> None:
    """As long as it renews its Lease it lives; as soon as it stops, its Lease ends, whatever time it wrote."""
    site.environment("releases: {app: {chart: charts/config}}")
    over = threading.Event()

    def live() -> None:
        now = datetime.now(UTC)
        held = site.leases.write(Lease("bob@ci/apply/2", 2.0, now + jump, now + jump, 0))
        while held and not over.wait(0.5):
            held = site.leases.write(replace(held, renewed=datetime.now(UTC) + jump))

    holder = threading.Thread(target=live)
    holder.start()
    eventually(site.leases.read)
    refused = site.project("apply")
    over.set()
    holder.join()
    done = site.project.applied()

    assert refused.code == 3
    assert "bob@ci (apply, run 2) holds the lock" in refused.err
    assert "waiting for the lock" in done.out


def test_a_plain_helm_under_way_is_not_touched(site: Site) -> None:
    """It holds no lock and leaves no run: its release is blocked, the rest is applied, and --break-lock is offered."""
    site.environment("releases: {app: {chart: charts/app, wait: 60s}, config: {chart: charts/config}}")
    home = site.project.namespace
    command = [str(site.helm), "install", "app", "charts/app", "-n", home, "--wait", "--set", "nodeSelector.no=where"]
    config = site.project.control_plane.kubeconfig_path
    with ended(subprocess.Popen([*command, f"--kubeconfig={config}"], cwd=site.project.folder, text=True)) as helm:
        site.until_pending()
        before = site.kubectl("-n", home, "get", "secret", "sh.helm.release.v1.app.v1", "-o", "yaml")
        done, written = site.project.writes_during("apply")
        assert helm.poll() is None

    assert done.code == 1
    assert "another operation is in progress: revision 1 is pending-install" in done.out
    assert "--break-lock" in done.out
    assert before == site.kubectl("-n", home, "get", "secret", "sh.helm.release.v1.app.v1", "-o", "yaml")
    assert [item.name for item in written if item.resource in ("deployments", "configmaps")] == ["config"]
    site.project.applied("--break-lock")
    assert site.project.actions() == {}
