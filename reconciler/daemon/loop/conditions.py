"""What keeps an environment from being at the newest commit. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reconciler.daemon.looked import Concern
from reconciler.model.sync import Condition, ConditionKind


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A condition before it is known since when it is one.

    Attributes:
        about: what it is about; nothing stands for the environment as a whole.
    """

    kind: ConditionKind
    message: str
    hint: str | None = None
    about: frozenset[Concern] = frozenset()


def renewed(
    before: Iterable[Condition], obstacles: Iterable[Obstacle], now: datetime, *, ready: bool
) -> tuple[Condition, ...]:
    """The conditions; READY: there are none.

    One that was there before keeps its time, whatever it says now; of several of a kind, the one that says the same.
    """
    found = list(obstacles)
    if ready and not found:
        found = [Obstacle(ConditionKind.READY, "the clusters are as the files say")]
    said = {(item.kind, item.message) for item in found}
    same = {(item.kind, item.message): item.since for item in before}
    others = {kind: since for (kind, message), since in same.items() if (kind, message) not in said}
    return tuple(
        Condition(item.kind, item.message, same.get((item.kind, item.message), others.get(item.kind, now)), item.hint)
        for item in found
    )
