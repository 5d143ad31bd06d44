"""What Helm's own lint says, as findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from reconciler.adapters.helm.errors import tidy
from reconciler.model.lint import LintFinding, Severity, template_place

if TYPE_CHECKING:
    from reconciler.model.json import JsonMap

# The library numbers them; what is below a warning is advice on taste.
_LEVELS = {2: Severity.WARNING, 3: Severity.ERROR}
_WORDS = {"WARNING": Severity.WARNING, "ERROR": Severity.ERROR}
# Without brackets: it could not look at the chart at all.
_REMARK = re.compile(r"(?:\[(INFO|WARNING|ERROR)\] (?:(\S+): )?|Error )(.*)")


def from_report(report: JsonMap) -> tuple[LintFinding, ...]:
    """The library's report as findings."""
    messages = report.get("messages")
    listed = [item for item in messages if isinstance(item, Mapping)] if isinstance(messages, list) else []
    remarks = [
        _finding(_LEVELS[level], str(item.get("path") or ""), str(item.get("error")))
        for item in listed
        if (level := item.get("severity")) in _LEVELS
    ]
    # What is an error and no remark on a file: it could not look at the chart at all.
    told = {item.get("error") for item in listed}
    errors = report.get("errors")
    others = [str(error) for error in errors if error not in told] if isinstance(errors, list) else []
    return (*remarks, *(_finding(Severity.ERROR, "", error) for error in others))


def from_output(lines: Iterable[str]) -> tuple[LintFinding, ...]:
    """The program's output as findings: `[ERROR] path: message`, with lines that go on below."""
    return tuple(_finding(_WORDS[word], path, text) for word, path, text in _remarks(lines) if word in _WORDS)


def _remarks(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    current: tuple[str, str, str] | None = None
    for line in lines:
        found = _REMARK.match(line)
        if found:
            if current:
                yield current
            current = (found[1] or "ERROR", found[2] or "", found[3])
        elif current and line.strip() and not line.startswith("==> ") and "chart(s) linted" not in line:
            current = (*current[:2], f"{current[2]}\n{line}")
    if current:
        yield current


def _finding(severity: Severity, path: str, message: str) -> LintFinding:
    file, line = template_place(message) or (path, None)
    return LintFinding(severity, tidy(message), file, line)
