"""Processes forked from one that has the command's modules already."""

from __future__ import annotations

import multiprocessing
import os
import re
import threading
from collections.abc import Callable, Mapping
from multiprocessing import connection, forkserver

from tests.forks import child

_FORKS = multiprocessing.get_context("forkserver")
# To start a process, multiprocessing looks at all that it knows. Where two threads read the end of one process,
# one of them gets its status and the other 255.
_ONE_AT_A_TIME = threading.Lock()
# Of Go, and of Helm and its client of Kubernetes.
_HEEDED = re.compile(r"PATH|HOME|TMPDIR|TZ|GO.*|XDG_.*|SSL_CERT_.*|HELM_.*|KUBE.*|DOCKER_.*|(?i:.*_proxy)$")


class Forked:
    """A call in a process of its own. All of it may be used from any thread.

    Args:
        target: what is called there; its module's imports are made there, unless `child` has them already, and must not
            be of this module.
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


def environment(environ: Mapping[str, str], around: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables for a run, with nothing of those around but what programs and caches are found by."""
    kept = {name: around[name] for name in ("PATH", "HOME", "XDG_CACHE_HOME") if name in around}
    return {**kept, **environ}


def heeds(environ: Mapping[str, str]) -> bool:
    """Whether Helm's library heeds some of these variables, which it would not see in a forked process.

    A Go runtime has the variables that the process was executed with, whatever was set since.
    """
    return any(_HEEDED.match(name) for name in environ)


def _begin() -> None:
    """Start what processes are forked from, with the variables that they keep: see `heeds`."""
    _FORKS.set_forkserver_preload([child.__name__])
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment({}, before))
    try:
        forkserver.ensure_running()
    finally:
        os.environ.clear()
        os.environ.update(before)


_begin()
