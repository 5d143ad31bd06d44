"""Runs in forked processes are the installed command's, and their ends are told right."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import Run, run_reconcile
from tests.forks.process import Forked, environment, heeds


def test_the_end_of_each_is_told_whatever_begins_beside_it() -> None:
    """Threads that start and wait at once get the status of their own processes."""

    def run(number: int) -> tuple[int, int | None]:
        process = Forked(sys.exit, number % 100)
        process.start()
        return number % 100, process.wait()

    with ThreadPoolExecutor(8) as pool:
        assert {told for code, told in pool.map(run, range(1, 200)) if code != told} == set()


def test_what_goes_on_has_no_status_and_can_be_killed() -> None:
    """None while it runs; then the signal."""
    process = Forked(time.sleep, 60)
    process.start()
    assert process.wait(0.1) is None
    assert process.end(0.1) == -signal.SIGKILL


@pytest.mark.parametrize("arguments", [["--version"], ["validate", "-e", "missing.yaml"], ["plan", "--wrong"]], ids=str)
def test_a_forked_run_is_the_installed_program(arguments: list[str], tmp_path: Path) -> None:
    """Its exit code and both its outputs are those of `reconcile`."""
    program = Path(sys.executable).with_name("reconcile")
    done = subprocess.run(
        [program, *arguments], cwd=tmp_path, env=environment({}), capture_output=True, text=True, check=False
    )
    assert run_reconcile(arguments, tmp_path, {}) == Run(done.returncode, done.stdout, done.stderr)


def test_nothing_that_does_not_survive_a_fork_is_there_before_it() -> None:
    """Neither Helm's library, which is a Go runtime, nor a thread."""
    told = "import sys, threading, tests.forks.child; print('helm_python' in sys.modules, threading.active_count())"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout == "False 1\n"


@pytest.mark.parametrize(
    ("name", "is_heeded"),
    [
        ("PATH", True),
        ("HELM_DRIVER", True),
        ("KUBECONFIG", True),
        ("https_proxy", True),
        ("NO_PROXY", True),
        ("RECONCILE_KUBECONFIG", False),
        ("DB_PASSWORD", False),
    ],
)
def test_what_a_library_in_go_heeds(name: str, *, is_heeded: bool) -> None:
    """A run with such a variable is no forked one."""
    assert heeds({name: "", "OTHER": ""}) is is_heeded


def test_go_sees_nothing_of_the_tests_environment() -> None:
    """What forked processes were executed with is what every run keeps."""
    process = Forked(time.sleep, 60)
    process.start()
    executed_with = Path(f"/proc/{process._process.pid}/environ").read_text()
    assert process.end(0) == -signal.SIGKILL
    # The last two are readline's, which pytest imports, and no variables of Python's.
    allowed = {"", *environment({}), "LINES", "COLUMNS"}
    assert {entry.partition("=")[0] for entry in executed_with.split("\0")} <= allowed
