"""What a lock file says: which published chart a range of versions stands for, until somebody moves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class LockChange:
    """What becomes of an entry of a lock file: `before` None means new, `after` None no longer used."""

    key: LockKey
    before: Pin | None
    after: Pin | None

    @property
    def moves(self) -> bool:
        """Whether anything changes."""
        return self.before != self.after
