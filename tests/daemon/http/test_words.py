"""What comes first, and how times are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.daemon.http import words
from reconciler.daemon.http.words import NEW, Level
from reconciler.model.outcome import Result
from reconciler.model.plan import ActionKind
from reconciler.model.standing import HEALTHY, Health, Sync
from reconciler.model.standing import Condition as HealthCondition
from reconciler.model.sync import Condition, ConditionKind, RunResult
from tests.daemon.http.board import NOW, STAGING, plan, release
from tests.report.samples import action, change


@pytest.mark.parametrize(
    ("state", "level"),
    [
        (ConditionKind.READY, Level.GOOD),
        (ConditionKind.SUSPENDED, Level.WARNING),
        (ConditionKind.UNTRUSTED, Level.BAD),
        (Sync.DRIFTED, Level.WARNING),
        (HealthCondition.MISSING, Level.BAD),
        (RunResult.UNCHANGED, Level.QUIET),
        (RunResult.REFUSED, Level.BAD),
        (Result.FAILED, Level.BAD),
        (NEW, Level.QUIET),
        ("a state of a later version", Level.BAD),
    ],
)
def test_each_state_is_as_good_as_it_is(state: str, level: Level) -> None:
    """And what nobody thought of is not taken for good."""
    assert words.level(state) is level
    assert words.sign(state) in "✓•!✗"


def test_the_worst_condition_is_the_state() -> None:
    """An environment that is suspended and failed has failed."""
    kinds = (ConditionKind.SUSPENDED, ConditionKind.FAILED, ConditionKind.READY)
    view = replace(STAGING, conditions=tuple(Condition(kind, "", NOW) for kind in kinds))
    assert words.state(view) == "failed"
    assert words.is_suspended(view)
    assert words.state(replace(view, conditions=())) == NEW


def test_releases_that_need_somebody_come_first() -> None:
    """By state or health, whichever is worse; by name among themselves."""
    ill = Health(HealthCondition.FAILED)
    given = [release("a"), release("b", Sync.DRIFTED), release("c", health=ill), release("d", Sync.FAILED, HEALTHY)]
    assert [item.id.name for item in words.releases_worst_first(given)] == ["c", "d", "b", "a"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "now"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3_600, "1 h ago"),
        (90_000, "1 d ago"),
        (-5, "in 5 s"),
        (-7_200, "in 2 h"),
    ],
)
def test_distances_are_told_roughly(seconds: int, text: str) -> None:
    """By the largest unit alone."""
    assert words.ago(NOW - timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (59.4, "59.4 s"), (59.96, "1 min 0 s"), (121, "2 min 1 s")]
)
def test_durations_are_told(seconds: float, text: str) -> None:
    """Never as 60 seconds."""
    assert words.took(seconds) == text


def test_a_diff_says_what_each_line_is() -> None:
    """By a class, beside the sign that it begins with."""
    assert [kind for kind, _ in words.diff(plan().actions[0])] == ["head", "removed", "added", "removed", "added"]


def test_a_long_diff_is_cut_and_says_so() -> None:
    """The rest is counted."""
    long = action(ActionKind.UPGRADE, "", *(change(i, i + 1) for i in range(1_000)))
    lines = words.diff(long)
    assert len(lines) == 301
    assert lines[-1] == ("note", "# … and 2700 more lines")
