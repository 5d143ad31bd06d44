"""What is remembered for open pages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.daemon.http.updates import Updates
from reconciler.model.sync import (
    CommitSeen,
    DriftSeen,
    LeadershipChanged,
    Notice,
    RunEnded,
    RunStarted,
    SourceFailed,
    StepEnded,
    Suspension,
    SuspensionChanged,
    Trigger,
    ViewChanged,
    Why,
)
from tests.daemon.http.board import FAILED_STEP, NEW, NOW, PRODUCTION, RUNS, STAGING


@pytest.mark.parametrize(
    ("notice", "about"),
    [
        (ViewChanged(PRODUCTION), ("production", "")),
        (RunStarted("lab", "1", Why(Trigger.DRIFT)), ("lab", "lab: a run has started (drift)")),
        (RunEnded(RUNS[0]), ("production", "production: failed: 1 done, 1 failed")),
        (CommitSeen(NEW, ("lab",)), (None, "a new commit: b41c09f")),
        (SourceFailed("no answer", None), (None, "the source failed: no answer")),
        (LeadershipChanged("lab", leading=False, holder="pod-2"), ("lab", "lab: left to pod-2")),
        (SuspensionChanged("lab", Suspension(NOW, suspended=True, who="Ada")), ("lab", "lab: suspended by Ada")),
        (
            DriftSeen("lab", FAILED_STEP.target, "ConfigMap shop/api"),
            ("lab", "lab: ConfigMap shop/api of release shop/api was changed by somebody else"),
        ),
    ],
)
def test_a_notice_becomes_a_line(notice: Notice, about: tuple[str | None, str]) -> None:
    """Which environment stands otherwise, and what happened."""
    updates = Updates()
    updates.tell(notice)
    assert [(update.environment, update.text) for update in updates.after(0) or ()] == [about]


def test_single_steps_are_not_told() -> None:
    """A run of 500 releases would tell of nothing else."""
    updates = Updates()
    updates.tell(StepEnded("production", "1", FAILED_STEP))
    assert updates.after(0) == ()


def test_whoever_is_too_far_behind_is_told_so() -> None:
    """The memory is bounded; what it forgot cannot be told, nor what there never was."""
    updates = Updates(most=3)
    for i in range(5):
        updates.tell(ViewChanged(replace(STAGING, name=f"e{i}")))
    assert updates.after(1) is None
    assert [update.environment for update in updates.after(2) or ()] == ["e2", "e3", "e4"]
    assert updates.after(5) == ()
    assert updates.after(6) is None


def test_readers_are_woken_until_they_leave() -> None:
    """By each that comes, and when all ends."""
    woken: list[int] = []
    updates = Updates()

    def wake() -> None:
        woken.append(updates.number)

    updates.subscribe(wake)
    updates.tell(ViewChanged(STAGING))
    updates.close()
    updates.unsubscribe(wake)
    updates.tell(ViewChanged(STAGING))
    assert woken == [1, 1]
