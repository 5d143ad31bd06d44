"""A Lease in memory, with an API server's rule for versions, and a clock that a test sets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from reconciler.adapters.clock import SystemClock
from reconciler.model.lease import Lease

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


@dataclass
class MemoryLeases:
    """Implements `Leases`. `failures` are raised first, one for each request; `written` are all versions of it."""

    cluster: str = "main"
    stored: Lease | None = None
    failures: Iterator[Exception] = field(default_factory=lambda: iter(()))
    written: list[Lease] = field(default_factory=list)
    _versions: int = 0

    def read(self) -> Lease | None:
        """As it is now."""
        self._fail()
        return self.stored

    def write(self, lease: Lease) -> Lease | None:
        """Under its version."""
        self._fail()
        return self.put(lease) if lease.version == (self.stored.version if self.stored else "") else None

    def put(self, lease: Lease) -> Lease:
        """Whatever it was before: what another run writes."""
        self._versions += 1
        self.stored = replace(lease, version=str(self._versions))
        self.written.append(self.stored)
        return self.stored

    def _fail(self) -> None:
        failure = next(self.failures, None)
        if failure:
            raise failure


@dataclass
class SharedLeases(MemoryLeases):
    """One that several write at once: its comparison of versions cannot be divided, as a server's."""

    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def write(self, lease: Lease) -> Lease | None:
        """Under its version."""
        with self._one_at_a_time:
            return super().write(lease)


@dataclass
class Leaping(SystemClock):
    """This machine's clock, which a test puts forward: the process was stopped meanwhile."""

    passed: float = 0.0

    def ticks(self) -> float:
        """Only forward."""
        return super().ticks() + self.passed


@dataclass
class SetClock:
    """Implements `Clock`. Whoever sleeps moves it; `at_each` happens in each sleep."""

    passed: float = 0.0
    jump: timedelta = timedelta(0)
    at_each: Callable[[float], None] = lambda _: None

    def now(self) -> datetime:
        """The wall's, which may have jumped."""
        return NOON + timedelta(seconds=self.passed) + self.jump

    def ticks(self) -> float:
        """Only forward."""
        return self.passed

    def sleep(self, seconds: float) -> None:
        """Time passes."""
        self.passed += seconds
        self.at_each(self.passed)
