"""`reconcile sandbox`, without a control plane."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.sandbox import sandbox
from reconciler.errors import SandboxError


@pytest.fixture
def runner(tmp_path: Path) -> CliRunner:
    return CliRunner(env={"RECONCILE_SANDBOX_HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")})


def test_importing_the_command_is_light() -> None:
    """`reconcile --help` must not pay for HTTP, YAML or cryptography."""
    script = (
        "import sys, reconciler.cli.sandbox\n"
        "heavy = ('requests', 'yaml', 'cryptography', 'subprocess', 'reconciler.sandbox')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_status_of_nothing(runner: CliRunner) -> None:
    """Exit status 1, and one JSON document on stdout."""
    result = runner.invoke(sandbox, ["status", "-o", "json"])
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (document["condition"], document["processes"]) == ("absent", [])
    assert runner.invoke(sandbox, ["status"]).stdout.startswith("sandbox default: absent")


@pytest.mark.parametrize("arguments", [["down"], ["down", "--name", "x"], ["down", "--all"]])
def test_down_on_nothing_is_fine(arguments: list[str], runner: CliRunner) -> None:
    """Exit status 0."""
    assert runner.invoke(sandbox, arguments).exit_code == 0


def test_the_kubeconfig_of_nothing_is_an_error(runner: CliRunner) -> None:
    """It says how to start the sandbox."""
    result = runner.invoke(sandbox, ["kubeconfig", "--name", "x", "--path"])
    assert isinstance(result.exception, SandboxError)
    assert result.exception.hint == "reconcile sandbox up --name x"


def test_the_path_of_a_kubeconfig(runner: CliRunner, tmp_path: Path) -> None:
    """Only the path, or only what is in it."""
    path = tmp_path / "default" / "kubeconfig"
    path.parent.mkdir()
    path.write_text("kind: Config\n", encoding="utf-8")
    assert runner.invoke(sandbox, ["kubeconfig", "--path"]).stdout == f"{path}\n"
    assert runner.invoke(sandbox, ["kubeconfig"]).stdout == "kind: Config\n"


def test_an_unknown_program(runner: CliRunner) -> None:
    """Told before anything is prepared."""
    result = runner.invoke(sandbox, ["programs", "--only", "kubelet"])
    assert isinstance(result.exception, SandboxError)
