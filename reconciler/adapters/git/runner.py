"""Runs of a program that end in time, say no more than is wanted, and take with them all that they have started."""

from __future__ import annotations

import os
import selectors
import subprocess  # an adapter: the one way to run git
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO

from reconciler.adapters.groups import end_group

# Seconds between two looks at the clock, the size of the folder, and whether it is cancelled.
_TICK = 0.2
_CHUNK = 65_536


class Stop(Enum):
    """Why a run was ended before its end."""

    LATE = "late"
    TOO_MUCH = "too much"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a run may go.

    Attributes:
        seconds: until it is ended.
        output: bytes of stdout, and of stderr.
        outgrown: asked again and again: whether what it writes has become too large.
    """

    seconds: float
    output: int = 1_000_000
    outgrown: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. `stop`: it was ended, and its code means nothing."""

    code: int
    out: bytes
    err: str
    stop: Stop | None = None

    @property
    def good(self) -> bool:
        """It did what it was asked."""
        return self.code == 0 and self.stop is None


class Runner:
    """Starts one program again and again, with an environment that is complete: nothing of ours is inherited."""

    def __init__(self, program: Path, environ: Mapping[str, str]) -> None:
        self._program = program
        self._environ = dict(environ)
        self._cancelled = threading.Event()

    def run(self, arguments: Sequence[str], bounds: Bounds, environ: Mapping[str, str] | None = None) -> Ended:
        """Run it to its end, or to a bound. `environ` is added.

        Raises:
            OSError: it cannot be started.
        """
        # A session of its own: what it starts ends with it, and a Ctrl-C at the terminal is ours to act on.
        with subprocess.Popen(  # noqa: S603 (arguments are a list; nothing goes through a shell)
            [str(self._program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self._environ, **(environ or {})},
            start_new_session=True,
        ) as process:
            return _Watch(process, bounds, self._cancelled).ended()

    def cancel(self) -> None:
        """End what runs, and whatever would be started from now on."""
        self._cancelled.set()


class _Watch:
    """One run, from its start to its end."""

    def __init__(self, process: subprocess.Popen[bytes], bounds: Bounds, cancelled: threading.Event) -> None:
        self._process = process
        self._bounds = bounds
        self._cancelled = cancelled
        self._deadline = time.monotonic() + bounds.seconds
        self._next_look = time.monotonic() + _TICK
        self._said: dict[str, bytearray] = {"out": bytearray(), "err": bytearray()}

    def ended(self) -> Ended:
        try:
            stop = self._follow() or self._outgrown()
        finally:
            # Once it has been waited for nothing that it started is left, since all of it has closed the pipes.
            end_group(self._process)
        code = self._process.wait()
        return Ended(code, bytes(self._said["out"]), self._said["err"].decode(errors="replace"), stop)

    def _follow(self) -> Stop | None:
        """Read what it says until everything that it started is silent, and itself gone."""
        with selectors.DefaultSelector() as selector:
            for name, stream in (("out", self._process.stdout), ("err", self._process.stderr)):
                selector.register(_open(stream), selectors.EVENT_READ, name)
            while selector.get_map():
                for key, _ in selector.select(_TICK):
                    if not self._read(key.fd, key.data):
                        selector.unregister(key.fileobj)
                if stop := self._stop():
                    return stop
        return self._gone()

    def _read(self, descriptor: int, name: str) -> bool:
        data = os.read(descriptor, _CHUNK)
        self._said[name] += data
        return bool(data)

    def _stop(self) -> Stop | None:
        now = time.monotonic()
        if any(len(said) > self._bounds.output for said in self._said.values()):
            return Stop.TOO_MUCH
        if now < self._next_look:
            return None
        self._next_look = now + _TICK
        if self._cancelled.is_set():
            return Stop.CANCELLED
        if now > self._deadline:
            return Stop.LATE
        return self._outgrown()

    def _outgrown(self) -> Stop | None:
        return Stop.TOO_MUCH if self._bounds.outgrown and self._bounds.outgrown() else None

    def _gone(self) -> Stop | None:
        """Wait for a program that is silent."""
        while True:
            try:
                self._process.wait(_TICK)
            except subprocess.TimeoutExpired:
                if stop := self._stop():
                    return stop
            else:
                return None


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("it was started with pipes")
    return stream
