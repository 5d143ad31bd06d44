"""When what is done next: pure, with the clock and the chance given."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Polling:
    """How often a source is asked.

    Attributes:
        interval: seconds.
        jitter: the part of the interval by which each wait may be shorter or longer, so that many daemons that were
            started together do not ask together for ever.
    """

    interval: float
    jitter: float = 0.1

    def next(self, now: float, chance: float) -> float:
        """When to ask again.

        Args:
            chance: from 0 to 1, evenly.
        """
        return now + self.interval * (1 + self.jitter * (2 * chance - 1))


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait after failures, one after the other.

    Attributes:
        first: seconds after the first one.
        factor: by which each wait is longer.
        longest: seconds.
        jitter: the part by which a wait may be shorter.
    """

    first: float = 5.0
    factor: float = 2.0
    longest: float = 900.0
    jitter: float = 0.2

    def wait(self, failures: int, chance: float) -> float:
        """Seconds after so many failures, which are at least one; `chance` as in Polling."""
        # The power of a long row of failures is larger than any float.
        grown = self.first
        for _ in range(failures - 1):
            grown = min(grown * self.factor, self.longest)
        return min(grown, self.longest) * (1 - self.jitter * chance)


@dataclass(frozen=True, slots=True)
class _Trouble:
    state: Hashable
    failures: int
    until: float


@dataclass(frozen=True, slots=True)
class Attempts(Generic[K]):
    """What failed lately, by its key (a release, a cluster), and until when it is left alone.

    A failure belongs to a state, such as a fingerprint of what is wanted: another state is tried at once, since it may
    be the remedy.
    """

    backoff: Backoff = Backoff()
    _troubles: Mapping[K, _Trouble] = field(default_factory=lambda: MappingProxyType({}))

    def failed(self, key: K, state: Hashable, now: float, chance: float) -> Attempts[K]:
        """After one more failure."""
        known = self._troubles.get(key)
        failures = known.failures + 1 if known and known.state == state else 1
        trouble = _Trouble(state, failures, now + self.backoff.wait(failures, chance))
        return replace(self, _troubles=MappingProxyType({**self._troubles, key: trouble}))

    def succeeded(self, key: K) -> Attempts[K]:
        """After a success, or when there is no such thing any more: nothing is held against it."""
        left = {other: trouble for other, trouble in self._troubles.items() if other != key}
        return replace(self, _troubles=MappingProxyType(left))

    def ready_at(self, key: K, state: Hashable) -> float:
        """From when on it may be tried; minus infinity: at any time."""
        trouble = self._troubles.get(key)
        return trouble.until if trouble and trouble.state == state else float("-inf")

    def failures(self, key: K) -> int:
        """How many there were in a row."""
        trouble = self._troubles.get(key)
        return trouble.failures if trouble else 0

    def all(self) -> Mapping[K, float]:
        """What failed → until when it is left alone."""
        return {key: trouble.until for key, trouble in self._troubles.items()}

    def waiting(self, now: float) -> Mapping[K, float]:
        """What may not be tried yet → until when."""
        return {key: until for key, until in self.all().items() if until > now}
