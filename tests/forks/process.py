"""Processes forked from one that has the command's modules already."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Mapping
from multiprocessing import connection

from tests.forks import child

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([child.__name__])
# To start a process, multiprocessing looks at all that it knows. Where two threads read the end of one process,
# one of them gets its status and the other 255.
_ONE_AT_A_TIME = threading.Lock()


class Forked:
    """A call in a process of its own. All of it may be used from any thread.

    Args:
        target: what is called there; its module's imports are made there, unless `child` has them already.
        told: its arguments.
    """

    def __init__(self, target: Callable[..., object], *told: object) -> None:
        self._process = _FORKS.Process(target=target, args=told)

    def start(self) -> None:
        """Begin it."""
        with _ONE_AT_A_TIME:
            self._process.start()

    def kill(self) -> None:
        """End it with SIGKILL."""
        with _ONE_AT_A_TIME:
            self._process.kill()

    def wait(self, seconds: float | None = None) -> int | None:
        """Its exit code, negative: the signal that ended it; None: it has not ended within that time."""
        connection.wait([self._process.sentinel], seconds)
        with _ONE_AT_A_TIME:
            self._process.join(0)
            return self._process.exitcode

    def end(self, seconds: float) -> int:
        """Its exit code; one that has not ended within that time is killed."""
        code = self.wait(seconds)
        if code is None:
            self.kill()
            code = self.wait()
        assert code is not None
        return code


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables for a run, with nothing of this process's but what programs are found by."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_CACHE_HOME") if name in os.environ}
    return {**kept, **environ}
