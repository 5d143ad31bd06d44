"""What all environments of a daemon share: whose name is whose, and how soon it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable

from reconciler.apply.executor import Haste


class Names:
    """Which environment file has which name.

    Args:
        forget: is told each name that is given up, before another file can have it.
    """

    def __init__(self, forget: Callable[[str], None] = lambda _name: None) -> None:
        self._forget, self._lock = forget, threading.Lock()
        self._paths: dict[str, str] = {}

    def claim(self, name: str, path: str) -> bool:
        """Whether the file may have it: no other has. It gives up the one that it had."""
        with self._lock:
            if self._paths.get(name, path) != path:
                return False
            self._free(path, keeping=name)
            self._paths[name] = path
            return True

    def give_up(self, path: str) -> None:
        """The file is gone."""
        with self._lock:
            self._free(path)

    def _free(self, path: str, keeping: str = "") -> None:
        for name in [known for known, other in self._paths.items() if other == path and known != keeping]:
            self._forget(name)
            del self._paths[name]


class Hurry:
    """How soon the daemon has to end."""

    def __init__(self) -> None:
        self._haste = Haste.NONE

    def __call__(self) -> Haste:
        return self._haste

    def set(self, haste: Haste) -> None:
        """From now on."""
        self._haste = haste
