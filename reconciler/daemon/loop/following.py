"""What is watched of one environment, for as long as this replica keeps it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from reconciler.daemon.looked import Looked

if TYPE_CHECKING:
    from reconciler.daemon.surroundings import Watching
    from reconciler.daemon.watch.expected import Expectations


class Following:
    """Watches one environment from `begin` to `end`; methods are as those of `Watching`, and do nothing at other times.

    So a run that ends when another replica leads, or when another file has the environment, has nothing watched again,
    and takes nothing from whoever keeps it then.
    """

    def __init__(self, watching: Watching, environment: str) -> None:
        self._watching, self._environment = watching, environment
        self._lock = threading.Lock()
        self._has_begun = False

    def begin(self) -> None:
        """This replica keeps it from now on."""
        with self._lock:
            self._has_begun = True

    def end(self) -> None:
        """It does so no longer: forget what was expected."""
        with self._lock:
            if self._has_begun:
                self._has_begun = False
                self._watching.forget(self._environment)

    def pause(self) -> None:
        """A run begins."""
        with self._lock:
            if self._has_begun:
                self._watching.pause(self._environment)

    def follow(self, expectations: Expectations, looked: Looked) -> None:
        """A run has ended, with a look at so much."""
        with self._lock:
            if self._has_begun:
                self._watching.follow(self._environment, expectations, looked)

    def resume(self) -> None:
        """A run has ended without a look."""
        with self._lock:
            if self._has_begun:
                self._watching.resume(self._environment)
