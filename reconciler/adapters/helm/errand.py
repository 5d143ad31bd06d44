"""A call into the library that takes no context: it cannot be cancelled, only left to itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Errand:
    """Runs a call in a thread of its own, which does not keep the process from ending."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._news = threading.Event()
        self._done = False
        self._error: Exception | None = None

    def run(self) -> bool:
        """Whether the call came to its end before `cancel`. Raises what the call raises."""
        threading.Thread(target=self._attempt, daemon=True).start()
        self._news.wait()
        if self._error:
            raise self._error
        return self._done

    def cancel(self) -> None:
        """Wait for the call no longer."""
        self._news.set()

    def _attempt(self) -> None:
        try:
            self._call()
            self._done = True
        except Exception as error:  # noqa: BLE001 - it is raised again in the thread that waits
            self._error = error
        finally:
            self._news.set()
