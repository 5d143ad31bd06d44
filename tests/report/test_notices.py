"""What is shown beside lines, as GitHub and GitLab read it."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest

from reconciler.errors import ClusterError, DesiredStateError, DesiredStateErrors
from reconciler.model.outcome import Result
from reconciler.model.plan import ActionKind, Plan
from reconciler.report.annotations import workflow_commands
from reconciler.report.code_quality import code_quality
from reconciler.report.notices import Severity, error_notices, outcome_notices, plan_notices
from tests.report.samples import HOSTILE, WHERE, action, hostile, outcome

# As actions/runner reads a line: the command, its properties, and the rest.
_COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def read(line: str) -> tuple[str, dict[str, str], str]:
    """A line as the runner understands it."""
    found = _COMMAND.fullmatch(line)
    assert found, line
    properties = dict(part.split("=", 1) for part in found[2].split(","))
    return found[1], {key: unquote(value) for key, value in properties.items()}, unquote(found[3])


def test_a_blocked_release_is_an_error_at_its_line() -> None:
    """Severity, place and reason."""
    line = workflow_commands(plan_notices(Plan("staging", (action(ActionKind.BLOCKED, "immutable: 100%"),))))
    assert line == "::error file=envs/staging.yaml,line=7,col=3,title=release shop/api is blocked::immutable: 100%25"


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_cannot_make_a_command_or_property(text: str) -> None:
    """Each line is one command of ours, whatever a name or a reason holds."""
    lines = workflow_commands(plan_notices(hostile(text))).split("\n")
    assert len(lines) == len(plan_notices(hostile(text)))
    for line in lines:
        _, properties, _ = read(line)
        assert set(properties) <= {"file", "line", "col", "title"}


def test_the_worst_comes_first() -> None:
    """Only ten of a severity are shown, so errors are not behind notices."""
    plan = Plan("staging", (action(), action(ActionKind.BLOCKED, name="b")))
    assert [read(line)[0] for line in workflow_commands(plan_notices(plan)).split("\n")] == ["error", "notice"]


def test_mistakes_have_their_places() -> None:
    """All of them, each at its own."""
    error = DesiredStateErrors([DesiredStateError("no such chart", where=WHERE, hint="did you mean api?")])
    assert read(workflow_commands(error_notices(error))) == (
        "error",
        {"file": "envs/staging.yaml", "line": "7", "col": "3", "title": "mistake"},
        "no such chart\ntry: did you mean api?",
    )


def test_an_error_without_a_place_is_told_too() -> None:
    """A cluster that cannot be reached."""
    line = workflow_commands(error_notices(ClusterError("cluster main does not answer")))
    assert line == "::error title=mistake::cluster main does not answer"


def test_what_failed_is_told_at_the_line_that_the_cause_names() -> None:
    """The finding knows better than the release; what was skipped because of it is a warning."""
    failed, skipped = outcome_notices(outcome(Result.FAILED, Result.SKIPPED, Result.DONE))
    assert (failed.severity, failed.where and failed.where.line) == (Severity.ERROR, 12)
    assert (skipped.severity, skipped.where and skipped.where.line) == (Severity.WARNING, 7)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_code_quality_report_has_what_gitlab_asks_for(text: str) -> None:
    """A list of entries, each with a description, a check, a severity, a fingerprint of its own, and a line."""
    found = json.loads(code_quality(plan_notices(hostile(text)), "envs/staging.yaml"))
    assert found
    for entry in found:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert isinstance(entry["location"]["lines"]["begin"], int)
        assert entry["description"]
    assert len({entry["fingerprint"] for entry in found}) == len(found)


def test_a_finding_that_moved_is_the_same_one() -> None:
    """The fingerprint leaves the line out, or GitLab would call each finding new that something was put above."""
    error = [DesiredStateError("no such chart", where=where) for where in (WHERE, type(WHERE)(WHERE.path, 9, 1))]
    prints = [json.loads(code_quality(error_notices(item), "x"))[0]["fingerprint"] for item in error]
    assert prints[0] == prints[1]


def test_nothing_to_tell_is_an_empty_report() -> None:
    """Valid files."""
    assert (workflow_commands(()), code_quality((), "env.yaml")) == ("", "[]")
