"""How releases and objects stand: in words that `reconcile status` shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Sync(StrEnum):
    """The words of `reconcile status`."""

    IN_SYNC = "in sync"
    DRIFTED = "drifted"
    OUT_OF_SYNC = "out of sync"
    FAILED = "failed"
    LOCKED = "locked"
    MISSING = "not installed"


@dataclass(frozen=True, slots=True)
class Standing:
    """One release; `revision` and `chart` are None when it is not installed. `reason` is masked."""

    sync: Sync
    reason: str
    revision: int | None
    chart: str | None

    @property
    def in_sync(self) -> bool:
        """Whether it is as desired."""
        return self.sync is Sync.IN_SYNC


class Condition(StrEnum):
    """How an object is."""

    HEALTHY = "healthy"
    PROGRESSING = "progressing"
    FAILED = "failed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Health:
    """How an object, or all objects of a release, are; and why, unless healthy."""

    condition: Condition
    reason: str = ""

    @property
    def is_healthy(self) -> bool:
        """Whether all is well."""
        return self.condition is Condition.HEALTHY


HEALTHY = Health(Condition.HEALTHY)
