"""Many changes shortly after each other, taken as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pace:
    """When changes are complete.

    Attributes:
        quiet: seconds without a further change.
        longest: seconds after the first change, however many follow.
    """

    quiet: float = 0.3
    longest: float = 5.0


@dataclass(frozen=True, slots=True)
class Pending:
    """Changes of files that are not complete yet.

    Attributes:
        paths: what changed.
        first: when the first did; `last`: when the last did.
    """

    paths: frozenset[Path] = frozenset()
    first: float = 0.0
    last: float = 0.0

    def adding(self, path: Path, now: float) -> Pending:
        """With one more change."""
        return Pending(self.paths | {path}, self.first if self.paths else now, now)

    def due(self, pace: Pace) -> float | None:
        """When they are complete, if nothing follows; None: nothing has changed."""
        return min(self.last + pace.quiet, self.first + pace.longest) if self.paths else None
