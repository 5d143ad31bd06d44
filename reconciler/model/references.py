"""What references to secrets hold: as read now, or as known from before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class References(Protocol):
    """Between a reference and whoever wants to know what it holds."""

    def text(self, name: str, read: Callable[[], str]) -> str:
        """What a reference holds. `name` is such as `env DB_PASSWORD`, the same on every machine; `read` looks."""
        ...


class AsRead:
    """Implements References: each is looked at when it is asked for."""

    def text(self, name: str, read: Callable[[], str]) -> str:
        """See References."""
        del name
        return read()


AS_READ = AsRead()
