"""JUnit's XML, as CI systems read it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from reconciler.errors import DesiredStateError, DesiredStateErrors
from reconciler.model.outcome import Result
from reconciler.model.plan import ActionKind, Plan
from reconciler.report.junit import error_junit, outcome_junit, plan_junit, valid_junit
from tests.report.samples import HOSTILE, WHERE, action, hostile, outcome

_BAD = ("failure", "error", "skipped")


def suite(text: str) -> ElementTree.Element:
    """The one suite, after the rules that Jenkins, GitLab and Azure share have been checked."""
    root = ElementTree.fromstring(text)  # noqa: S314 - made by the code under test
    assert root.tag == "testsuites"
    (found,) = root
    cases = list(found)
    assert found.tag == "testsuite"
    assert all(case.tag == "testcase" and case.get("classname") and case.get("name") for case in cases)
    assert all(float(case.get("time", "x")) >= 0 for case in cases)
    assert all(sum(child.tag in _BAD for child in case) <= 1 for case in cases)
    counted = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    for element in (root, found):
        assert element.get("tests") == str(len(cases))
        for name, tag in counted.items():
            assert element.get(name) == str(len(list(found.iter(tag))))
    return found


def test_each_action_is_a_case_and_blocked_is_a_failure() -> None:
    """What would be done passes; what cannot be done fails, with its reason."""
    plan = Plan("staging", (action(), action(ActionKind.BLOCKED, "belongs to others", name="b")))
    good, bad = suite(plan_junit(plan))
    assert (good.get("classname"), good.get("name")) == ("staging.main", "upgrade release shop/api")
    assert good.get("file") == "envs/staging.yaml"
    failure = bad.find("failure")
    assert failure is not None
    assert (failure.get("message"), failure.text) == ("belongs to others", "belongs to others")


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_text_is_text(text: str) -> None:
    """Tags, the end of CDATA and characters that XML cannot hold stay inside, or are replaced."""
    cases = list(suite(plan_junit(hostile(text))))
    assert [child.tag for case in cases for child in case] == ["failure", "system-out", "failure"]


@pytest.mark.parametrize(
    ("result", "tags"),
    [
        (Result.DONE, ["system-out"]),
        (Result.UNCHANGED, ["system-out"]),
        (Result.FAILED, ["failure"]),
        (Result.SKIPPED, ["skipped"]),
        (Result.CANCELLED, ["skipped"]),
        (Result.REFUSED, ["skipped"]),
    ],
)
def test_an_outcome_is_told_by_its_element(result: Result, tags: list[str]) -> None:
    """Only what failed fails the job; the time is the action's."""
    (case,) = suite(outcome_junit(outcome(result)))
    assert [child.tag for child in case] == tags
    assert case.get("time") == "1.500"


def test_a_failure_tells_the_cause_that_was_found() -> None:
    """With what to try."""
    failure = suite(outcome_junit(outcome(Result.FAILED))).find(".//failure")
    assert failure is not None
    assert failure.text == "timed out\nthere is no tag 1.2\ntry: correct the tag"


def test_mistakes_are_errors_each_with_its_place() -> None:
    """A file that is not valid is no plan without cases."""
    (case,) = suite(error_junit(DesiredStateErrors([DesiredStateError("no such chart", where=WHERE)]), "validate"))
    assert case.get("name") == "envs/staging.yaml:7:3"
    assert [child.tag for child in case] == ["error"]


def test_valid_files_are_a_case_that_passes() -> None:
    """A report without cases is an error to some CI systems."""
    (case,) = suite(valid_junit("envs/staging.yaml"))
    assert list(case) == []
