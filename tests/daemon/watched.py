"""A watch that only notes what it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.daemon.looked import Looked
from reconciler.daemon.watch.expected import Expectations


@dataclass
class Watched:
    """Implements Watching."""

    calls: list[str] = field(default_factory=list)

    def pause(self, environment: str) -> None:
        """Noted."""
        self.calls.append(f"pause {environment}")

    def follow(self, environment: str, expectations: Expectations, looked: Looked) -> None:
        """Noted; what is expected makes no difference."""
        assert expectations is not None
        assert looked is not None
        self.calls.append(f"follow {environment}")

    def resume(self, environment: str) -> None:
        """Noted."""
        self.calls.append(f"resume {environment}")

    def forget(self, environment: str) -> None:
        """Noted."""
        self.calls.append(f"forget {environment}")
