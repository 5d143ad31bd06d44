"""What is wrong with a chart's source, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad: an ERROR makes the chart of no use, a WARNING may be meant so."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing that is wrong.

    Attributes:
        file: the file, as it would be named on the command line; within a rule, its name in the chart.
        line: from 1; None where no line is known.
        hint: what to try, or None.
    """

    severity: Severity
    message: str
    file: str
    line: int | None = None
    hint: str | None = None


# `chart/templates/file.yaml:12:4`, and the same in subcharts.
_PLACE = re.compile(r"[^\s/(]+/((?:charts/[^\s/]+/)*templates/[^\s:]+):([0-9]+)")


def template_place(message: str) -> tuple[str, int] | None:
    """The file in the chart, and the line, that Helm's error about a template names."""
    found = _PLACE.search(message)
    return (found[1], int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class LintResult:
    """What was found in one chart."""

    path: str
    findings: tuple[LintFinding, ...]

    @property
    def is_valid(self) -> bool:
        """Whether there are no errors."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)
