"""Since when what stands in the way does so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from reconciler.daemon.loop.conditions import Obstacle, renewed
from reconciler.model.sync import Condition, ConditionKind

EARLIER, EARLY, NOW = (datetime(2026, 11, 25, hour, tzinfo=UTC) for hour in (10, 11, 12))
FAILED, UNREACHABLE, READY = ConditionKind.FAILED, ConditionKind.UNREACHABLE, ConditionKind.READY


@pytest.mark.parametrize(
    ("before", "found", "since"),
    [
        ([], [(FAILED, "api")], [NOW]),
        ([(FAILED, "api", EARLY)], [(FAILED, "api")], [EARLY]),
        ([(FAILED, "api", EARLY)], [(FAILED, "web")], [EARLY]),
        ([(FAILED, "api", EARLY)], [(UNREACHABLE, "west")], [NOW]),
        ([(READY, "", EARLY)], [(FAILED, "api")], [NOW]),
        ([(UNREACHABLE, "west", EARLY)], [(UNREACHABLE, "east"), (UNREACHABLE, "west")], [NOW, EARLY]),
        (
            [(UNREACHABLE, "east", EARLIER), (UNREACHABLE, "west", EARLY)],
            [(UNREACHABLE, "west"), (UNREACHABLE, "east")],
            [EARLY, EARLIER],
        ),
        ([(UNREACHABLE, "east", EARLIER), (UNREACHABLE, "west", EARLY)], [(UNREACHABLE, "west")], [EARLY]),
    ],
)
def test_since_when(
    before: Sequence[tuple[ConditionKind, str, datetime]],
    found: Sequence[tuple[ConditionKind, str]],
    since: Sequence[datetime],
) -> None:
    """A trouble that says something else is the same trouble; a second cluster that is away is another one."""
    known = [Condition(*item) for item in before]
    made = renewed(known, [Obstacle(*item) for item in found], NOW, ready=True)
    assert [(item.kind, item.message) for item in made] == list(found)
    assert [item.since for item in made] == list(since)


@pytest.mark.parametrize(("ready", "kinds"), [(True, [READY]), (False, [])])
def test_nothing_in_the_way(*, ready: bool, kinds: list[ConditionKind]) -> None:
    """It is ready then, once it was looked at; not before."""
    assert [item.kind for item in renewed([], [], NOW, ready=ready)] == kinds


def test_what_to_try_is_told() -> None:
    """With the condition that it is about."""
    made = renewed([], [Obstacle(FAILED, "api", "look at its log")], NOW, ready=True)
    assert made == (Condition(FAILED, "api", NOW, "look at its log"),)
