"""Processes that outlive this one: started, recognised again later, and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PROC = Path("/proc")
_POLL = 0.02
_STATE_FIELD = 0
_START_FIELD = 19


@dataclass(frozen=True, slots=True)
class Process:
    """A process, named so that another one which got the same pid later is not mistaken for it.

    Attributes:
        started: when it was started, as the operating system tells it; opaque, only compared.
    """

    name: str
    pid: int
    started: str


def spawn(name: str, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Process:
    """Start a detached process in a session of its own; what it prints goes to the file `log`.

    It survives this process, and a Ctrl-C in this terminal does not reach it.

    Raises:
        SandboxError: the operating system refused.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        # posix_spawn rather than Popen: nobody here will wait for it, which Popen complains about.
        pid = os.posix_spawn(
            command[0],
            list(command),
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigmask=(),
            # Python ignores these, and what is ignored would be inherited.
            setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
        )
    except OSError as error:
        raise SandboxError(f"cannot start {name} from {command[0]}: {error.strerror}") from error
    return Process(name, pid, _start_time(pid) or "")


def alive(process: Process) -> bool:
    """Whether this very process runs: not another one with its pid, and not a dead one nobody waited for."""
    _reap(process.pid)
    return _start_time(process.pid) == process.started


def stop(processes: Iterable[Process], grace: float = 5.0) -> None:
    """Ask processes to end, and after `grace` seconds end them; returns when none of them is left."""
    left = [process for process in processes if alive(process)]
    for process in left:
        _signal(process, signal.SIGTERM)
    left = _still_alive(left, grace)
    for process in left:
        _signal(process, signal.SIGKILL)
    left = _still_alive(left, grace)
    if left:
        named = ", ".join(f"{process.name} (pid {process.pid})" for process in left)
        raise SandboxError(f"cannot stop {named}: still running after SIGKILL")


def strays(folder: Path, names: Iterable[str]) -> list[Process]:
    """Processes called one of `names` whose command line names a file in `folder`.

    They are what a run leaves behind when it was killed before it could write down what it had started.
    Found on Linux only.
    """
    wanted = frozenset(names)
    found: list[Process] = []
    for entry in _PROC.glob("[0-9]*"):
        arguments = _arguments(entry)
        name = Path(arguments[0]).name
        if name in wanted and any(f"{folder}/" in argument for argument in arguments[1:]):
            pid = int(entry.name)
            found.append(Process(name, pid, _start_time(pid) or ""))
    return found


def _arguments(entry: Path) -> list[str]:
    try:
        return (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return [""]


def _still_alive(processes: Sequence[Process], seconds: float) -> list[Process]:
    deadline = time.monotonic() + seconds
    left = list(processes)
    while left and time.monotonic() < deadline:
        time.sleep(_POLL)
        left = [process for process in left if alive(process)]
    return left


def _signal(process: Process, number: signal.Signals) -> None:
    try:
        if alive(process):
            os.kill(process.pid, number)
    except ProcessLookupError:
        pass  # it ended by itself just now, which is what is wanted
    except PermissionError as error:
        raise SandboxError(f"cannot stop {process.name} (pid {process.pid}): it belongs to another user") from error


def _reap(pid: int) -> None:
    """Let a dead child of this process vanish; it would look alive otherwise."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # started by another process: not ours to wait for


def _start_time(pid: int) -> str | None:
    """When the process started; None: there is no such process, or it is dead."""
    if not _PROC.is_dir():
        return _start_time_by_ps(pid)
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The program's name, in parentheses, may hold spaces and parentheses of its own.
    fields = text.rpartition(")")[2].split()
    if fields[_STATE_FIELD] in ("Z", "X"):
        return None
    # Counted from the boot, so the boot is part of it.
    return f"{_boot()}:{fields[_START_FIELD]}"


def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return ""


def _start_time_by_ps(pid: int) -> str | None:
    command = ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed, no shell
    state, _, started = done.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None
