"""How many runs there may be at once, and how many wait for that."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType


class Slots:
    """A context in which at most so many threads are at once.

    Args:
        waiting: told how many wait, whenever that changes.
    """

    def __init__(self, most: int, waiting: Callable[[int], None]) -> None:
        self._free = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._count, self._told = 0, waiting

    def __enter__(self) -> None:
        if self._free.acquire(blocking=False):
            return
        self._wait(1)
        try:
            self._free.acquire()
        finally:
            self._wait(-1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._free.release()

    def _wait(self, change: int) -> None:
        with self._lock:
            self._count += change
            self._told(self._count)
