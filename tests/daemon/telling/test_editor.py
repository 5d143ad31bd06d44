"""What of all that happens is news."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reconciler.daemon.telling.editor import Editor
from reconciler.model.news import Detail, News, Subject
from reconciler.model.outcome import Result
from reconciler.model.plan import ActionKind
from reconciler.model.standing import Standing, Sync
from reconciler.model.sync import (
    CommitSeen,
    ConditionKind,
    EnvironmentView,
    Notice,
    RunEnded,
    RunResult,
    SourceFailed,
    Suspension,
    SuspensionChanged,
    ViewChanged,
)
from tests.daemon.stories import COMMIT, NEXT, NOW, condition, run, step, view

AGAIN = 600.0
READY, FAILED, REFUSED = ConditionKind.READY, ConditionKind.FAILED, ConditionKind.REFUSED


def told(*notices: Notice, times: Iterable[datetime] = ()) -> list[News]:
    """What is news in each, one after the other."""
    editor = Editor(AGAIN)
    found: list[News] = []
    moments = [*times, *[NOW] * len(notices)]
    for notice, now in zip(notices, moments, strict=False):
        editor, news = editor.read(notice, now)
        found.extend(news)
    return found


def subjects(*kinds: ConditionKind | EnvironmentView) -> list[Subject]:
    """The subjects of what is told when one view follows the other."""
    views = [view(kind) if isinstance(kind, ConditionKind) else kind for kind in kinds]
    return [news.subject for news in told(*map(ViewChanged, views))]


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (ConditionKind.FAILED, Subject.FAILED),
        (ConditionKind.UNREACHABLE, Subject.FAILED),
        (ConditionKind.SOURCE_FAILED, Subject.FAILED),
        (ConditionKind.REFUSED, Subject.REFUSED),
        (ConditionKind.INVALID, Subject.INVALID),
        (ConditionKind.UNTRUSTED, Subject.UNTRUSTED),
    ],
)
def test_a_trouble_is_told_once_until_it_recovers(kind: ConditionKind, subject: Subject) -> None:
    """Then that is told, and the next trouble too."""
    assert subjects(READY, kind, kind, kind) == [subject]
    assert subjects(kind, READY, READY, kind) == [subject, Subject.RECOVERED, subject]


@pytest.mark.parametrize(
    "kind",
    [READY, ConditionKind.SUSPENDED, ConditionKind.DRY_RUN, ConditionKind.WINDOW_CLOSED, ConditionKind.STANDING_BY],
)
def test_what_is_meant_is_no_trouble(kind: ConditionKind) -> None:
    """Nobody is woken for what somebody wants."""
    assert subjects(kind) == []


def test_what_stops_to_be_told_of_has_not_recovered() -> None:
    """Only READY says so: a suspended environment may be as broken as before."""
    assert subjects(FAILED, ConditionKind.SUSPENDED, FAILED, READY) == [Subject.FAILED, Subject.RECOVERED]


def test_a_replica_that_stands_by_tells_nothing() -> None:
    """The one that acts does: of a source that fails, all would tell."""
    standing_by = view(ConditionKind.STANDING_BY, ConditionKind.SOURCE_FAILED)
    assert subjects(standing_by, view(ConditionKind.SOURCE_FAILED), standing_by, READY) == [Subject.FAILED]


def test_two_troubles_recover_once() -> None:
    """Each is told, and their end together."""
    both = view(FAILED, REFUSED)
    assert subjects(FAILED, both, REFUSED, READY) == [Subject.FAILED, Subject.REFUSED, Subject.RECOVERED]


def test_environments_are_told_apart() -> None:
    """The same trouble of another one is news; one that recovers does not excuse the other."""
    assert subjects(view(FAILED), view(FAILED, name="b"), view(READY), view(FAILED, name="b")) == [
        Subject.FAILED,
        Subject.FAILED,
        Subject.RECOVERED,
    ]


def test_the_same_trouble_of_another_commit_is_news() -> None:
    """What was meant to mend it did not."""
    assert subjects(FAILED, replace(view(FAILED), seen=NEXT)) == [Subject.FAILED, Subject.FAILED]


def test_people_are_reminded() -> None:
    """After a while, not before."""
    failing = ViewChanged(view(FAILED))
    times = [NOW, NOW + timedelta(seconds=AGAIN - 1), NOW + timedelta(seconds=AGAIN)]
    assert [news.time for news in told(failing, failing, failing, times=times)] == [times[0], times[2]]


def test_a_run_that_changed_something_is_told_each_time() -> None:
    """With what it did."""
    unchanged = step(ActionKind.NONE, Result.UNCHANGED)
    assert told(RunEnded(run(RunResult.CONVERGED, step(), unchanged)), RunEnded(run(RunResult.UNCHANGED))) == [
        News(
            Subject.CHANGED,
            "staging",
            NOW,
            "1 change",
            None,
            COMMIT,
            "0123456789ab",
            (Detail("release/shop/api", "upgraded"),),
        )
    ]


def test_who_suspends_and_resumes_is_news() -> None:
    """Each time."""
    changes = [Suspension(NOW, suspended=True, who="Ada"), Suspension(NOW, suspended=False, who="Ben")]
    found = told(*(SuspensionChanged("staging", change) for change in changes * 2))
    assert [(news.subject, news.message) for news in found] == [
        (Subject.SUSPENDED, "suspended by Ada"),
        (Subject.RESUMED, "resumed by Ben"),
    ] * 2


def test_a_failure_names_the_releases() -> None:
    """Those that failed, and why; the hint goes along."""
    release = view().releases[0]
    failed = replace(release, standing=Standing(Sync.FAILED, "image not found", 4, "api-1.2.0"))
    found = condition(FAILED, "1 release failed", "look at its events")
    (news,) = told(ViewChanged(replace(view(), conditions=(found,), releases=(failed, release))))
    assert news.details == (Detail("release/shop/api", "image not found"),)
    assert (news.message, news.hint, news.commit) == ("1 release failed", "look at its events", COMMIT)


def test_mistakes_of_files_are_told_with_their_places() -> None:
    """As `validate` tells them; no more than anybody reads."""
    errors = tuple(f"env.yaml:{line}:1: unknown key" for line in range(1, 50))
    invalid = replace(view(ConditionKind.INVALID), runs=(replace(run(RunResult.INVALID), errors=errors),))
    (news,) = told(ViewChanged(invalid))
    assert news.details[0] == Detail("", "env.yaml:1:1: unknown key")
    assert len(news.details) == 20


def test_other_notices_are_no_news() -> None:
    """A commit that is seen changes nothing yet; a source that fails is told of each environment that lacks it."""
    assert told(CommitSeen(COMMIT, ("staging",)), SourceFailed("no route", None)) == []
