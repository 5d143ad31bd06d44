"""Components of a sandbox that go away for a while."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reconciler.sandbox import Sandbox, processes
from reconciler.sandbox.processes import Process
from reconciler.sandbox.state import SandboxState, load, save


def restarted(sandbox: Sandbox, name: str, away: float) -> Callable[[], None]:
    """Kills a component with SIGKILL when it is called, and starts it again after `away` seconds."""

    def act() -> None:
        state = _state(sandbox)
        old = _process(state, name)
        command = Path(f"/proc/{old.pid}/cmdline").read_text().rstrip("\0").split("\0")
        os.kill(old.pid, signal.SIGKILL)
        threading.Timer(away, start, [state, old, command]).start()

    def start(state: SandboxState, old: Process, command: list[str]) -> None:
        environ = {"HOME": str(sandbox.folder), "PATH": "/usr/bin:/bin"}
        new = processes.spawn(name, command, sandbox.folder / f"logs/{name}.log", environ)
        running = tuple(new if process == old else process for process in state.processes)
        save(replace(state, processes=running), sandbox.folder / "state.json")

    return act


def stopped(sandbox: Sandbox, name: str, seconds: float) -> Callable[[], None]:
    """Stops a component with SIGSTOP when it is called, and lets it go on after `seconds`."""

    def act() -> None:
        pid = _process(_state(sandbox), name).pid
        os.kill(pid, signal.SIGSTOP)
        threading.Timer(seconds, os.kill, [pid, signal.SIGCONT]).start()

    return act


def _state(sandbox: Sandbox) -> SandboxState:
    state = load(sandbox.folder / "state.json")
    assert state is not None
    return state


def _process(state: SandboxState, name: str) -> Process:
    found = state.process(name)
    assert found is not None
    return found
