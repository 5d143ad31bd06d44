"""What was seen a while ago, within bounds of time and number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

# Seconds. A server repeats a delivery that failed within hours; by then the poll has found what it tells of.
LIFETIME = 3_600.0
# A busy server sends one a second.
MOST = 4_000


@dataclass(frozen=True, slots=True)
class Seen:
    """Keys with the time when each was seen, the oldest first; a new value for each that is added.

    Attributes:
        most: so many are kept.
    """

    most: int = MOST
    _times: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def has(self, key: str, now: float) -> bool:
        """Whether it was seen, and not too long ago."""
        seen = self._times.get(key)
        return seen is not None and now - seen < LIFETIME

    def adding(self, key: str, now: float) -> Seen:
        """With one more; what is too old goes, and the oldest where there are too many."""
        kept = {known: time for known, time in self._times.items() if now - time < LIFETIME and known != key}
        newest = list(kept.items())[-(self.most - 1) :]
        return Seen(self.most, MappingProxyType(dict([*newest, (key, now)])))

    def __len__(self) -> int:
        return len(self._times)
