"""What all tests share: a real control plane for each worker, the programs, and the command line as users run it."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from reconciler.adapters.helm.manager import load_library
from reconciler.errors import Location
from reconciler.model.desired import ClusterAccess
from reconciler.model.secret import SecretText
from reconciler.sandbox import Sandbox
from reconciler.sandbox.catalog import CONTROL_PLANE
from reconciler.sandbox.programs import ensure
from tests.forks import child
from tests.forks.process import Forked, environment, heeds

pytest_plugins = ["tests.servers", "tests.registries"]

# What is begun in the background of a script may ignore Ctrl-C, and so would all that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Before any test imports `helm_python` by itself: the first import decides under which name it writes.
load_library()


@dataclass(frozen=True)
class Run:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything that it printed."""
        return self.out + self.err


@pytest.fixture(scope="session")
def programs() -> Mapping[str, Path]:
    """Every program of the sandbox, from the user's cache; the first run prepares them."""
    return ensure([*CONTROL_PLANE, "kubectl", "helm"])


@pytest.fixture(scope="session")
def helm_program(programs: Mapping[str, Path]) -> Path:
    """The `helm` program."""
    return programs["helm"]


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What nodes do wrong, see stages.yaml; and what containers have logged, by their names."""
    here = Path(__file__).parent
    logs = [
        {
            "containers": [name],
            "logsFile": str(here / f"logs/{name}.log"),
            "previousLogsFile": str(here / f"logs/{previous}.log"),
        }
        for name, previous in (("main", "main.previous"), ("migrate", "migrate"))
    ]
    told = {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "ClusterLogs",
        "metadata": {"name": "logs"},
        "spec": {"logs": logs},
    }
    path = tmp_path_factory.mktemp("stages") / "stages.yaml"
    path.write_text(f"{(here / 'stages.yaml').read_text()}---\n{yaml.safe_dump(told)}")
    return path


@pytest.fixture(scope="session")
def control_plane(
    programs: Mapping[str, Path], stages: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    """A sandbox of this worker's own, so that its audit log holds only what this worker's tests did."""
    assert programs
    sandbox = Sandbox("tests", tmp_path_factory.mktemp("control-plane"))
    sandbox.up(stages=stages)
    yield sandbox
    sandbox.down()


@pytest.fixture(scope="session")
def kubeconfig(control_plane: Sandbox) -> str:
    """The full content of the admin's kubeconfig."""
    return control_plane.kubeconfig_path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def cluster_access(control_plane: Sandbox, kubeconfig: str) -> ClusterAccess:
    """The sandbox as a cluster named `main`."""
    where = Location("env.yaml", 1, 1)
    return ClusterAccess("main", SecretText(kubeconfig), None, control_plane.kubeconfig_path.parent, where)


@pytest.fixture
def namespace() -> str:
    """A name that no other test uses."""
    return f"test-{uuid.uuid4().hex[:10]}"


Kubectl = Callable[..., str]


@pytest.fixture(scope="session")
def kubectl(control_plane: Sandbox, programs: Mapping[str, Path]) -> Kubectl:
    """Runs kubectl as another person would; gives its output."""

    def run(*arguments: str, stdin: str | None = None) -> str:
        command = [str(programs["kubectl"]), "--kubeconfig", str(control_plane.kubeconfig_path), *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without proxies."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


Reconcile = Callable[..., Run]
# Seconds; longer than any command of a test waits.
_PATIENCE = 600.0


def run_reconcile(arguments: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> Run:
    """The installed `reconcile`, in a process of its own; spared the imports where that makes no difference."""
    # Helm as a program of its own is given the variables.
    if heeds(environ) and "program" not in arguments:
        program = Path(sys.executable).with_name("reconcile")
        done = subprocess.run(
            [program, *arguments],
            cwd=cwd,
            env=environment(environ),
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
        return Run(done.returncode, done.stdout, done.stderr)
    with tempfile.TemporaryDirectory() as place:
        out, err = Path(place) / "out", Path(place) / "err"
        process = Forked(child.main, arguments, cwd, environment(environ), out, err)
        process.start()
        return Run(process.end(_PATIENCE), out.read_text(), err.read_text())


@pytest.fixture
def reconcile(tmp_path: Path, kubeconfig: str) -> Reconcile:
    """Runs `reconcile` in the test's folder; RECONCILE_KUBECONFIG holds the sandbox's kubeconfig."""

    def run(*arguments: str, **environ: str) -> Run:
        return run_reconcile(arguments, tmp_path, {"RECONCILE_KUBECONFIG": kubeconfig, **environ})

    return run
