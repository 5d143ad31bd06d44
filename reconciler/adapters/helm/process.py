"""Runs of the `helm` program that can be cancelled."""

from __future__ import annotations

import os
import shutil
import subprocess  # the engine's whole point
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

GRACE_SECONDS = 10.0
"""How long a cancelled helm may take to mark its release as failed before it is killed."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a process ended. `cancelled`: it was told to stop."""

    code: int
    out: str
    err: str
    cancelled: bool


class Processes:
    """Starts processes, and ends those under way. Where the system can, they die with this process.

    A helm that outlived a killed run would go on writing, while the next run takes its operation for dead.
    """

    def __init__(self, program: Path, environ: Mapping[str, str]) -> None:
        self._program = program
        self._mortal = _mortal(environ)
        self._environ = dict(environ)
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._cancelled: set[subprocess.Popen[str]] = set()

    def run(self, arguments: Sequence[str], stdin: str = "") -> Finished:
        """Run the program to its end.

        Raises:
            OSError: it cannot be started.
        """
        process = self._start(arguments)
        try:
            out, err = process.communicate(stdin)
        finally:
            with self._lock:
                self._running.discard(process)
                cancelled = process in self._cancelled
                self._cancelled.discard(process)
            if process.poll() is None:
                process.kill()
        return Finished(process.returncode, out, err, cancelled)

    def cancel(self) -> None:
        """Ask every process to stop, and make it stop if it does not."""
        with self._lock:
            stopped = tuple(self._running)
            self._cancelled.update(stopped)
        for process in stopped:
            process.terminate()
            killer = threading.Timer(GRACE_SECONDS, _kill, [process])
            killer.daemon = True
            killer.start()

    def kill(self) -> None:
        """End every process now."""
        with self._lock:
            for process in self._running:
                process.kill()

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        # A session of its own: a Ctrl-C at the terminal reaches us, and we decide whom to stop.
        # What cannot be started is started as it is, so that the error is about it.
        mortal = self._mortal if os.access(self._program, os.X_OK) else []
        process = subprocess.Popen(  # noqa: S603 (arguments are a list; nothing goes through a shell)
            [*mortal, str(self._program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environ,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        with self._lock:
            self._running.add(process)
        return process


def _mortal(environ: Mapping[str, str]) -> list[str]:
    """What ends a program with the process that runs it: setpriv of util-linux. A preexec_fn may deadlock threads."""
    setpriv = shutil.which("setpriv", path=environ.get("PATH")) if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _kill(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.kill()
