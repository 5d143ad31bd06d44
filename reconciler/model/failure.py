"""What is done about a release that fails."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Remedy(StrEnum):
    """LEAVE: as Helm leaves it, marked as failed, so that the next run goes on from there."""

    LEAVE = "leave"
    ROLLBACK = "rollback"
    UNINSTALL = "uninstall"


@dataclass(frozen=True, slots=True)
class Retry:
    """How often is tried again what failed for a reason that may pass.

    Attributes:
        times: beside the first try.
        backoff: seconds before the second try; each further one waits twice as long.
        cap: the most seconds between two tries.
    """

    times: int = 2
    backoff: float = 2.0
    cap: float = 30.0


@dataclass(frozen=True, slots=True)
class OnFailure:
    """What is done when a release has failed for good.

    Attributes:
        install: LEAVE or UNINSTALL, for one that was never there before.
        upgrade: LEAVE or ROLLBACK.
    """

    retry: Retry = Retry()
    install: Remedy = Remedy.LEAVE
    upgrade: Remedy = Remedy.LEAVE


DEFAULT_ON_FAILURE = OnFailure()
