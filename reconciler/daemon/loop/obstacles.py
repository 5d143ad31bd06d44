"""What came of a turn → what keeps the environment from being as its files say. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from reconciler.daemon.loop.conditions import Obstacle
from reconciler.daemon.loop.turns import Turn
from reconciler.daemon.loop.views import Told, later, obstacle_of
from reconciler.model.identity import Target
from reconciler.model.outcome import Result
from reconciler.model.sync import ConditionKind, RunResult


def obstacles_of(turn: Turn, said: Told, held: Collection[Target] = ()) -> tuple[Obstacle, ...]:
    """As far as the run has found it out; one that was interrupted has found out nothing.

    Args:
        held: what was left for later.
    """
    if said.result is RunResult.INTERRUPTED:
        return ()
    found = [*_unreachable(turn), *_refused(turn), *_trouble(turn), *_failed(turn), *_held(held)]
    if said.result is RunResult.FAILED and not found:
        found.append(Obstacle(ConditionKind.FAILED, said.message, about=frozenset(turn.only)))
    return tuple(found)


def known_after(turn: Turn, found: Iterable[Obstacle], before: Iterable[Obstacle]) -> tuple[Obstacle, ...]:
    """What a run has found, and of what was known before what it did not look at."""
    new = tuple(found)
    again = {(item.kind, item.about) for item in new}
    return (*new, *(item for item in before if (item.kind, item.about) not in again and not _is_past(item, turn)))


def summed(obstacles: Iterable[Obstacle]) -> tuple[Obstacle, ...]:
    """One for all that failed, by the first: which others did is told of the releases."""
    found: dict[object, Obstacle] = {}
    for item in obstacles:
        found.setdefault(item.kind if item.kind is ConditionKind.FAILED else (item.kind, item.message), item)
    return tuple(found.values())


def _is_past(item: Obstacle, turn: Turn) -> bool:
    if not item.about:
        return not turn.only  # it has come as far as that again, or has found what stands in the way now
    return all(map(turn.looked.covers, item.about))


def _unreachable(turn: Turn) -> Iterator[Obstacle]:
    for name, error in turn.unreachable.items():
        yield Obstacle(ConditionKind.UNREACHABLE, f"{name}: {error.message}", error.hint, frozenset({name}))


def _refused(turn: Turn) -> Iterator[Obstacle]:
    for refusal in dict.fromkeys(refusal for part in turn.kept for refusal in part.plan.refusals):
        yield Obstacle(ConditionKind.REFUSED, refusal.message, refusal.hint, frozenset(refusal.targets))


def _trouble(turn: Turn) -> Iterator[Obstacle]:
    if turn.trouble:
        kind = ConditionKind.INVALID if turn.is_invalid else ConditionKind.FAILED
        yield replace(obstacle_of(kind, turn.trouble), about=frozenset(turn.only))


def _failed(turn: Turn) -> Iterator[Obstacle]:
    for result in (Result.FAILED, Result.SKIPPED):
        for item in turn.outcomes:
            if item.result is result:
                target = item.action.target
                yield Obstacle(ConditionKind.FAILED, f"{target}: {item.message}", about=frozenset({target}))


def _held(held: Collection[Target]) -> Iterator[Obstacle]:
    if held:
        yield Obstacle(ConditionKind.FAILED, later(len(held)), about=frozenset(held))
