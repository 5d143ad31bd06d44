"""What the parts of a daemon share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from reconciler.apply.executor import Haste
from reconciler.daemon.board import LiveBoard
from reconciler.daemon.config.sync_file import KeepSpec
from reconciler.daemon.health import Pulse
from reconciler.daemon.looked import Looked
from reconciler.daemon.memory import Memory
from reconciler.daemon.telling.recorder import Introduce, no_introduction
from reconciler.daemon.watch.expected import Expectations
from reconciler.flows.context import Context
from reconciler.model.lease import Clock

if TYPE_CHECKING:
    from reconciler.daemon.replicas.leading import Changed, Leadership
    from reconciler.daemon.replicas.wishes import Wishes


class Watching(Protocol):
    """Watches what an environment has in its clusters. Methods take no time, and do not raise."""

    def pause(self, environment: str) -> None:
        """A run begins: what it changes itself is no drift."""
        ...

    def follow(self, environment: str, expectations: Expectations, looked: Looked) -> None:
        """A run has ended, with a look at so much: tell what differs from it."""
        ...

    def resume(self, environment: str) -> None:
        """A run has ended without a look."""
        ...

    def forget(self, environment: str) -> None:
        """It is not kept any more, by this replica."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All of it; times are ticks of `clock`.

    Attributes:
        context: the adapters for an environment file, given by its path below a folder.
        keep: how the environment of this name is kept.
        claim: whether the file at this path may have this name: no other has it.
        lead: stands for leading an environment; None: there are no other replicas.
        chance: a number from 0 to 1.
        slots: as many as there may be runs at once.
        haste: whether the daemon is about to end.
        watching: tells of drift between two runs.
        pulse: where threads give their signs of life.
        introduce: is told the clusters of an environment, when its files are others than before. That it is gone or has
            another name, whoever gives up the name says.
    """

    context: Callable[[Path, str], Context]
    keep: Callable[[str], KeepSpec]
    claim: Callable[[str, str], bool]
    lead: Callable[[str, Changed, Wishes], Leadership] | None
    board: LiveBoard
    memory: Memory
    clock: Clock
    chance: Callable[[], float]
    slots: AbstractContextManager[object]
    haste: Callable[[], Haste]
    watching: Watching
    pulse: Pulse = field(default_factory=Pulse)
    introduce: Introduce = no_introduction
