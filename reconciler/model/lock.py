"""What a lock file says: which published chart a range of versions stands for, until somebody moves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.errors import Location


@dataclass(frozen=True, slots=True, order=True)
class LockKey:
    """A chart as an environment file asks for it.

    Attributes:
        repository: the URL below which the chart is found.
        range: the version or range as written; `*` where the file says none.
    """

    repository: str
    chart: str
    range: str

    def __str__(self) -> str:
        return f"{self.repository}/{self.chart} {self.range}"


@dataclass(frozen=True, slots=True)
class Pin:
    """One published chart.

    Attributes:
        digest: sha256 (hex) of the archive.
        where: the place in the lock file; None for what has just been resolved.
    """

    version: str
    digest: str
    where: Location | None = field(default=None, compare=False)


Lock = Mapping[LockKey, Pin]


class Move(StrEnum):
    """What becomes of an entry of a lock file. REPUBLISHED: the same version has other content now."""

    ADDED = "added"
    MOVED = "moved"
    REPUBLISHED = "republished"
    DROPPED = "dropped"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class LockChange:
    """An entry of a lock file before and after: None where there is none."""

    key: LockKey
    before: Pin | None
    after: Pin | None

    @property
    def move(self) -> Move:
        """What becomes of it."""
        if self.before is None:
            return Move.ADDED
        if self.after is None:
            return Move.DROPPED
        if self.before.version != self.after.version:
            return Move.MOVED
        return Move.UNCHANGED if self.before.digest == self.after.digest else Move.REPUBLISHED


@dataclass(frozen=True, slots=True)
class LockUpdate:
    """What becomes of a lock file.

    Attributes:
        path: the file, as messages name it.
        changes: every entry, those that stay as they are included.
    """

    path: str
    changes: tuple[LockChange, ...]

    @property
    def changed(self) -> bool:
        """Whether the file is another one afterwards."""
        return any(change.move is not Move.UNCHANGED for change in self.changes)
