"""Processes, real ones."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import SandboxError
from reconciler.sandbox.processes import Process, alive, spawn, stop, strays

SHELL = "/bin/sh"


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Process]:
    process = spawn("sleep", [SHELL, "-c", "exec sleep 60"], tmp_path / "log", {})
    yield process
    stop([process], grace=1)


def wait_until_dead(process: Process) -> None:
    deadline = time.monotonic() + 5
    while alive(process) and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_started_process_is_recognised_and_stopped(sleeper: Process) -> None:
    """Alive until stopped; stopping what is stopped does nothing."""
    assert alive(sleeper)
    stop([sleeper])
    assert not alive(sleeper)
    stop([sleeper])


def test_a_reused_pid_is_somebody_else(sleeper: Process) -> None:
    """A process with the pid but another start is not ours: not alive to us, and never signalled."""
    remembered = replace(sleeper, started="another boot:1")
    assert not alive(remembered)
    stop([remembered])
    assert alive(sleeper)


def test_a_dead_child_is_dead(tmp_path: Path) -> None:
    """A process that ended is not alive merely because its parent, we, has not waited for it."""
    process = spawn("true", [SHELL, "-c", "exit 0"], tmp_path / "log", {})
    wait_until_dead(process)
    assert not alive(process)


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    """After the grace it is ended."""
    stubborn = "trap '' TERM; echo trapped; while :; do sleep 1; done"
    log = tmp_path / "log"
    process = spawn("stubborn", [SHELL, "-c", stubborn], log, {})
    while not log.exists() or "trapped" not in log.read_text(encoding="utf-8"):
        time.sleep(0.01)
    stop([process], grace=0.2)
    assert not alive(process)


def test_what_it_prints_is_in_the_log(tmp_path: Path) -> None:
    """Both streams, in one file."""
    log = tmp_path / "logs" / "x.log"
    process = spawn("talker", [SHELL, "-c", "echo out; echo err >&2"], log, {})
    wait_until_dead(process)
    assert log.read_text(encoding="utf-8") == "out\nerr\n"


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """It names the program's path."""
    with pytest.raises(SandboxError, match="cannot start x from /nonexistent/x"):
        spawn("x", ["/nonexistent/x"], tmp_path / "log", {})


def test_strays_are_found_by_their_folder(tmp_path: Path) -> None:
    """Only programs of the given names whose command line names a file in exactly this folder."""
    folder, other = tmp_path / "a", tmp_path / "ab"
    pipe = tmp_path / "pipe"  # nobody writes to it, so its readers wait
    os.mkfifo(pipe)
    started = [
        spawn(SHELL, [SHELL, "-c", 'read line < "$0"', str(pipe), f"--data={where}/file"], tmp_path / "log", {})
        for where in (folder, other)
    ]
    try:
        assert [each.pid for each in strays(folder, ["sh"])] == [started[0].pid]
        assert strays(folder, ["etcd"]) == []
    finally:
        stop(started, grace=1)
