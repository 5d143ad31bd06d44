"""The log: one line for each notice, which machines and people can trust."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from reconciler.daemon.telling.log_lines import LogFormat, LogLevel, log_to
from reconciler.daemon.telling.logs import Log
from reconciler.daemon.telling.traces import trace_id
from reconciler.model.outcome import Result
from reconciler.model.plan import ActionKind
from reconciler.model.secret import Mask, SecretText
from reconciler.model.sync import (
    CommitSeen,
    ConditionKind,
    DriftSeen,
    LeadershipChanged,
    Notice,
    RunEnded,
    RunResult,
    RunStarted,
    SourceFailed,
    StepEnded,
    Suspension,
    SuspensionChanged,
    Trigger,
    ViewChanged,
    Why,
)
from tests.daemon.stories import API, COMMIT, NOW, run, step, view

STARTED = RunStarted("staging", "r1", Why(Trigger.COMMIT, "push"), COMMIT)
NUMBER = {"environment": "staging", "run": "r1", "trace": trace_id("r1")}

Written = Callable[..., list[str]]


@pytest.fixture
def written() -> Iterator[Written]:
    """Gives the lines that notices become; afterwards the log of this process is as before."""
    root, own = logging.getLogger(), logging.getLogger("reconciler")
    before = (root.handlers[:], root.level, own.level)
    root.handlers = []

    def write(
        *notices: Notice,
        layout: LogFormat = LogFormat.JSON,
        level: LogLevel = LogLevel.INFO,
        secrets: tuple[str, ...] = (),
    ) -> list[str]:
        stream, log = io.StringIO(), Log()
        log_to(stream, layout, level, Mask.of(map(SecretText, secrets)))
        for notice in notices:
            log.tell(notice)
        return stream.getvalue().splitlines()

    yield write
    root.handlers = before[0]
    root.setLevel(before[1])
    own.setLevel(before[2])


@pytest.mark.parametrize(
    ("notice", "expected"),
    [
        (
            STARTED,
            {
                "level": "info",
                "event": "run started",
                **NUMBER,
                "trigger": "commit",
                "detail": "push",
                "commit": "c" * 40,
            },
        ),
        (
            StepEnded("staging", "r1", step(result=Result.FAILED, message="timed out")),
            {
                "level": "error",
                "event": "action ended",
                **NUMBER,
                "cluster": "main",
                "release": "release/shop/api",
                "kind": "upgrade",
                "result": "failed",
                "message": "timed out",
                "seconds": 2.0,
            },
        ),
        (
            RunEnded(replace(run(RunResult.INVALID, id="r1"), errors=("env.yaml:3:1: no",))),
            {
                "level": "error",
                "event": "run ended",
                **NUMBER,
                "commit": "c" * 40,
                "ref": "refs/heads/main",
                "author": "Ada",
                "subject": "Raise the limits",
                "trigger": "commit",
                "result": "invalid",
                "changes": 1,
                "message": "1 change",
                "errors": ["env.yaml:3:1: no"],
                "seconds": 3.0,
            },
        ),
        (SourceFailed("no route", None), {"level": "error", "event": "source failed", "message": "no route"}),
        (
            DriftSeen("staging", API, "Deployment shop/api"),
            {
                "level": "warning",
                "event": "drift seen",
                "environment": "staging",
                "cluster": "main",
                "release": "release/shop/api",
                "object": "Deployment shop/api",
            },
        ),
        (
            LeadershipChanged("staging", leading=False, holder="pod-2"),
            {
                "level": "info",
                "event": "leadership changed",
                "environment": "staging",
                "leading": False,
                "holder": "pod-2",
            },
        ),
        (
            SuspensionChanged("staging", Suspension(NOW, suspended=True, who="Ada")),
            {"level": "info", "event": "suspended", "environment": "staging", "who": "Ada"},
        ),
        (
            SuspensionChanged("staging", Suspension(NOW, suspended=False, who="Ben")),
            {"level": "info", "event": "resumed", "environment": "staging", "who": "Ben"},
        ),
        (
            ViewChanged(view(ConditionKind.SUSPENDED)),
            {
                "level": "info",
                "event": "conditions changed",
                "environment": "staging",
                "conditions": ["suspended: it is so"],
            },
        ),
    ],
)
def test_a_notice_is_one_line_of_json(written: Written, notice: Notice, expected: dict[str, Any]) -> None:
    """Time, level, event, and the facts that are known."""
    (text,) = written(notice)
    found = json.loads(text)
    assert datetime.fromisoformat(found.pop("time")).tzinfo is not None
    assert found.pop("logger") == "reconciler.sync"
    assert found == expected


def test_an_action_names_the_commit_of_its_run(written: Written) -> None:
    """Whoever looks for a commit finds what it did to each release."""
    lines = written(STARTED, StepEnded("staging", "r1", step()))
    assert json.loads(lines[-1])["commit"] == COMMIT.sha


def test_what_stayed_as_it_was_is_not_told(written: Written) -> None:
    """500 releases that are looked at every ten minutes write nothing, but at the level debug."""
    notice = StepEnded("staging", "r1", step(ActionKind.NONE, Result.UNCHANGED))
    assert written(notice) == []
    assert len(written(notice, level=LogLevel.DEBUG)) == 1
    ready = ViewChanged(view(ConditionKind.READY))
    assert len(written(ready, ready, ViewChanged(view(ConditionKind.FAILED)), ready)) == 3


@pytest.mark.parametrize("layout", LogFormat)
def test_foreign_text_stays_in_its_line(written: Written, layout: LogFormat) -> None:
    """A commit message makes no line of its own, and steers no terminal."""
    subject = 'x\n{"level": "error"}\r\x1b[31m\x9b2J\u2028 level=error'
    (text,) = written(CommitSeen(replace(COMMIT, subject=subject), ("staging",)), layout=layout)
    assert text.isprintable()
    if layout is LogFormat.JSON:
        assert json.loads(text)["subject"] == subject
    else:
        assert ' level=error"' in text


@pytest.mark.parametrize("layout", LogFormat)
def test_secrets_are_masked(written: Written, layout: LogFormat) -> None:
    """Wherever they stand."""
    secret = 'https://hooks.example.com/T0/B0/x"y'
    (text,) = written(SourceFailed(f"POST {secret} failed", None), layout=layout, secrets=(secret,))
    assert "hooks" not in text
    assert "POST" in text


def test_the_same_trouble_with_the_source_is_told_once(written: Written) -> None:
    """It is asked every minute; a commit in between, or another reason, is news."""
    away, denied = SourceFailed("no route", None), SourceFailed("no such login", None)
    told = written(away, away, denied, away, CommitSeen(COMMIT, ()), away, away)
    assert [json.loads(text)["event"] for text in told] == [*["source failed"] * 3, "commit seen", "source failed"]


def test_a_line_for_people(written: Written) -> None:
    """Time, level, event, and facts as words."""
    (text,) = written(StepEnded("staging", "r1", step()), layout=LogFormat.TEXT)
    assert text.endswith(
        f"Z info    action ended environment=staging run=r1 trace={trace_id('r1')} cluster=main "
        "release=release/shop/api kind=upgrade result=done message=upgraded seconds=2.0"
    )


def test_libraries_tell_only_what_is_wrong_and_no_error_is_quoted(written: Written) -> None:
    """Their lines are JSON too; of an error there is its kind and place."""
    written(level=LogLevel.DEBUG)
    stream = io.StringIO()
    log_to(stream, LogFormat.JSON, LogLevel.DEBUG, Mask())
    library = logging.getLogger("urllib3.connectionpool")
    library.debug("POST /services/secret")
    try:
        int("password")
    except ValueError:
        library.exception("it broke")
    (text,) = stream.getvalue().splitlines()
    assert json.loads(text)["event"] == "it broke"
    assert json.loads(text)["error"].startswith("ValueError at ")
    assert "password" not in text


def test_a_reader_that_is_gone_ends_nothing(written: Written) -> None:
    """A closed stream raises nothing."""
    written()
    stream = io.StringIO()
    log_to(stream, LogFormat.JSON, LogLevel.INFO, Mask())
    stream.close()
    Log().tell(STARTED)
