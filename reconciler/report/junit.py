"""Plans, outcomes and mistakes as JUnit's XML, which CI systems show as tests.

There is no standard; this is the part that Jenkins, GitLab, Azure and Buildkite all read: `testsuites` with a
`testsuite`, each `testcase` with `classname`, `name` and `time`, in it at most one of `failure`, `error`, `skipped`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from xml.etree import ElementTree

from reconciler.errors import ReconcilerError
from reconciler.model.outcome import ActionOutcome, Outcome, Result
from reconciler.model.plan import Action, ActionKind, Plan, Refusal
from reconciler.report.notices import error_notices
from reconciler.report.style import clean

# What XML 1.0 cannot hold, also not as a reference: https://www.w3.org/TR/xml/#charsets.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Bad(StrEnum):
    """How a case did not go well: the names of XML elements."""

    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class _Case:
    """One test. `seconds` is how long it took; `file` the one that asks for it."""

    group: str
    name: str
    bad: _Bad | None = None
    message: str = ""
    seconds: float = 0.0
    file: str | None = None


def plan_junit(plan: Plan) -> str:
    """A case for each action: blocked is a failure; what a guard refuses is a failure of the guard."""
    cases = [*map(_refused, plan.refusals), *(_planned(action) for action in plan.actions)]
    return _document(plan.environment, cases)


def outcome_junit(outcome: Outcome) -> str:
    """A case for each action: what failed is a failure, what was not tried is skipped."""
    cases = [*map(_refused, outcome.plan.refusals), *map(_done, outcome.actions)]
    return _document(outcome.plan.environment, cases)


def error_junit(error: ReconcilerError, command: str) -> str:
    """Cases of a command that came to nothing: an error for each mistake."""
    found = error_notices(error)
    return _document(command, [_Case(command, str(item.where or command), _Bad.ERROR, item.message) for item in found])


def valid_junit(environment: str) -> str:
    """The one case of files that are valid."""
    return _document("validate", [_Case("validate", environment)])


def _refused(refusal: Refusal) -> _Case:
    message = f"{refusal.message}\ntry: {refusal.hint}" if refusal.hint else refusal.message
    return _Case("guards", refusal.guard, _Bad.FAILURE, message)


def _planned(action: Action) -> _Case:
    blocked = action.kind is ActionKind.BLOCKED
    return _case(action, _Bad.FAILURE if blocked else None, action.reason)


def _done(item: ActionOutcome) -> _Case:
    advice = [f"try: {item.hint}"] if item.hint and not item.findings else []
    message = "\n".join((item.message, *(f"{found.message}\ntry: {found.hint}" for found in item.findings), *advice))
    return _case(item.action, _BAD.get(item.result), message, item.seconds)


_BAD = {
    Result.FAILED: _Bad.FAILURE,
    Result.SKIPPED: _Bad.SKIPPED,
    Result.CANCELLED: _Bad.SKIPPED,
    Result.REFUSED: _Bad.SKIPPED,
}


def _case(action: Action, bad: _Bad | None, message: str, seconds: float = 0.0) -> _Case:
    file = action.where.path if action.where else None
    return _Case(action.target.cluster, f"{action.kind} {action.target}", bad, message, seconds, file)


def _document(name: str, cases: list[_Case]) -> str:
    counts = Counter(case.bad for case in cases)
    told = {
        "name": _text(name),
        "tests": str(len(cases)),
        "failures": str(counts[_Bad.FAILURE]),
        "errors": str(counts[_Bad.ERROR]),
        "skipped": str(counts[_Bad.SKIPPED]),
        "time": f"{sum(case.seconds for case in cases):.3f}",
    }
    root = ElementTree.Element("testsuites", told)
    suite = ElementTree.SubElement(root, "testsuite", told)
    for case in cases:
        _add(suite, name, case)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _add(suite: ElementTree.Element, name: str, case: _Case) -> None:
    file = {"file": _text(case.file)} if case.file else {}
    attributes = {"classname": _text(f"{name}.{case.group}"), "name": _text(case.name), "time": f"{case.seconds:.3f}"}
    made = ElementTree.SubElement(suite, "testcase", {**attributes, **file})
    if case.bad:
        text = _text(case.message)
        bad = ElementTree.SubElement(made, case.bad, {"message": text.partition("\n")[0]})
        bad.text = text
    elif case.message:
        ElementTree.SubElement(made, "system-out").text = _text(case.message)


def _text(text: str) -> str:
    return _NO_XML.sub("�", clean(text))
