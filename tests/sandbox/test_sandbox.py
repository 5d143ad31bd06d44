"""A sandbox from end to end, with the real control plane. The tests are in the order of a sandbox's life."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reconciler.cli.sandbox import sandbox as command
from reconciler.sandbox import Condition, Sandbox, SandboxState, writes
from reconciler.sandbox.catalog import CONTROL_PLANE
from reconciler.sandbox.processes import alive, strays

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("sandbox")]

BROKEN_STAGE = """
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-image-pull-backoff}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
      - {key: '.metadata.deletionTimestamp', operator: DoesNotExist}
      - {key: '.status.containerStatuses', operator: DoesNotExist}
      - {key: '.spec.containers.[].image', operator: In, values: ["example.com/missing:1"]}
  weight: 1000
  next:
    statusTemplate: |
      containerStatuses:
      {{ range .spec.containers }}
      - image: {{ .image | Quote }}
        name: {{ .name | Quote }}
        ready: false
        restartCount: 0
        state: {waiting: {reason: ImagePullBackOff}}
      {{ end }}
      phase: Pending
      podIP: 10.0.0.9
"""

UP = "import sys; from pathlib import Path; from reconciler.sandbox import Sandbox; "
UP += "Sandbox(sys.argv[1], Path(sys.argv[2])).up(progress=lambda line: print(line, flush=True))"


class Kubectl:
    """kubectl, on the sandbox under test."""

    def __init__(self, program: Path, sandbox: Sandbox) -> None:
        self._command = [str(program), "--kubeconfig", str(sandbox.kubeconfig_path)]

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run([*self._command, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "-o", "json"))


@pytest.fixture(scope="module")
def up(sandbox: Sandbox) -> SandboxState:
    return sandbox.up()


@pytest.fixture
def kubectl(up: SandboxState, sandbox: Sandbox, prepared_programs: dict[str, Path]) -> Kubectl:
    assert up.ready
    return Kubectl(prepared_programs["kubectl"], sandbox)


@pytest.fixture
def other(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A second sandbox in the same home."""
    made = Sandbox("other", sandbox.folder.parent)
    yield made
    made.down()


def test_nodes_are_ready_and_pods_run(kubectl: Kubectl) -> None:
    """When `up` returns, pods can be scheduled; they run, and a job completes."""
    nodes = kubectl.json("get", "nodes")["items"]
    ready = [c["status"] for n in nodes for c in n["status"]["conditions"] if c["type"] == "Ready"]
    assert ready == ["True", "True"]
    kubectl("create", "deployment", "web", "--image=example.com/web:1", "--replicas=3")
    kubectl("rollout", "status", "deployment/web", "--timeout=20s")
    kubectl("create", "job", "once", "--image=example.com/once:1")
    kubectl("wait", "--for=condition=complete", "job/once", "--timeout=20s")


def test_a_new_namespace_gets_its_service_account(kubectl: Kubectl) -> None:
    """The controller manager is the real one; kwok does not simulate this."""
    kubectl("create", "namespace", "shop")
    kubectl("wait", "--for=create", "serviceaccount/default", "-n", "shop", "--timeout=20s")


def test_the_server_is_the_version_that_it_says(kubectl: Kubectl) -> None:
    """Charts that ask for a Kubernetes version are accepted."""
    assert kubectl.json("version")["serverVersion"]["gitVersion"] == "v1.35.4"


def test_a_running_sandbox_is_used_again_at_once(up: SandboxState, sandbox: Sandbox) -> None:
    """The same processes, in well under a second, and without a word."""
    told: list[str] = []
    start = time.monotonic()
    assert sandbox.up(told.append) == up
    assert time.monotonic() - start < 1
    assert told == []
    assert sandbox.status().condition is Condition.RUNNING


def test_a_finished_start_writes_down_what_it_started(up: SandboxState, sandbox: Sandbox) -> None:
    """state.json names every process, and the status command finds them."""
    assert [process.name for process in up.processes] == list(CONTROL_PLANE)
    environment = {"RECONCILE_SANDBOX_HOME": str(sandbox.folder.parent)}
    result = CliRunner(env=environment).invoke(command, ["status", "--name", sandbox.name, "-o", "json"])
    document = json.loads(result.stdout)
    assert (result.exit_code, document["condition"]) == (0, "running")
    assert [each["pid"] for each in document["processes"]] == [process.pid for process in up.processes]


def test_the_audit_log_tells_who_wrote(kubectl: Kubectl, sandbox: Sandbox) -> None:
    """Reading and dry runs are no writes of the administrator; a creation is exactly one."""
    mark = sandbox.settle_audit()
    kubectl("get", "pods", "-A")
    kubectl("auth", "can-i", "create", "pods")
    kubectl("create", "configmap", "a", "--dry-run=server")
    sandbox.settle_audit()
    records = list(sandbox.audit.read(mark))
    assert any(record.dry_run for record in records)
    assert list(writes(records, user="admin")) == []
    kubectl("create", "configmap", "a")
    sandbox.settle_audit()
    found = list(writes(sandbox.audit.read(mark), user="admin", user_agent="kubectl"))
    assert [(record.verb, record.resource, record.code) for record in found] == [("create", "configmaps", 201)]


def test_stages_can_be_given_to_a_running_sandbox(
    up: SandboxState, kubectl: Kubectl, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Only kwok is restarted; the data stays; the pods that the stage selects fail, others still run."""
    stages = tmp_path / "stages.yaml"
    stages.write_text(BROKEN_STAGE, encoding="utf-8")
    changed = sandbox.up(stages=stages)
    assert changed.process("etcd") == up.process("etcd")
    assert changed.process("kwok") != up.process("kwok")
    kubectl("run", "broken", "--image=example.com/missing:1")
    kubectl("run", "fine", "--image=example.com/fine:1")
    kubectl("wait", "--for=condition=ready", "pod/fine", "--timeout=20s")
    reason = "jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff"
    kubectl("wait", f"--for={reason}", "pod/broken", "--timeout=20s")
    assert sandbox.up() == changed  # asking for nothing leaves it with what it has


def test_a_start_that_was_killed_is_replaced(other: Sandbox) -> None:
    """A run killed half-way leaves processes behind; the next one ends them and starts afresh."""
    arguments = [sys.executable, "-c", UP, other.name, str(other.folder.parent)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("etcd ready")
        run.kill()
    left = strays(other.folder, CONTROL_PLANE)
    assert left
    assert other.status().condition is Condition.STALE
    (other.folder / "state.json").unlink()  # the worst case: nothing written down
    told: list[str] = []
    other.up(told.append)
    assert told[0].startswith("replacing the sandbox other")
    assert not any(alive(process) for process in left)


def test_an_interrupted_start_leaves_nothing(other: Sandbox) -> None:
    """Ctrl-C in the middle of `up`."""
    arguments = [sys.executable, "-c", UP, other.name, str(other.folder.parent)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("etcd ready")
        run.send_signal(signal.SIGINT)
        run.wait(30)
    assert strays(other.folder, CONTROL_PLANE) == []


def test_a_dead_component_makes_it_stale_and_up_replaces_it(sandbox: Sandbox, up: SandboxState) -> None:
    """One killed process: the status says which, and `up` brings a whole new control plane."""
    before = sandbox.up()
    victim = before.process("kube-apiserver")
    assert victim is not None
    os.kill(victim.pid, signal.SIGKILL)
    while alive(victim):
        time.sleep(0.01)
    status = sandbox.status()
    assert (status.condition, status.reason) == (Condition.STALE, "not running: kube-apiserver")
    after = sandbox.up()
    assert after.server != up.server or after.processes != up.processes
    assert not any(alive(process) for process in before.processes)
    assert all(alive(process) for process in after.processes)


def test_down_leaves_nothing(sandbox: Sandbox) -> None:
    """No process, no data; and a second time is fine."""
    state = sandbox.up()
    assert sandbox.down()
    assert not any(alive(process) for process in state.processes)
    assert strays(sandbox.folder, CONTROL_PLANE) == []
    assert not sandbox.folder.exists()
    assert sandbox.status().condition is Condition.ABSENT
    assert not sandbox.down()
