"""What is wrong with charts, as text and as a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import Field

from reconciler.model.lint import LintFinding, LintResult, Severity
from reconciler.report.style import Style, clean
from reconciler.report.target import Document

_MEANINGS = {Severity.ERROR: "error", Severity.WARNING: "change"}


class LintFindingDocument(Document):
    """One thing that is wrong."""

    severity: Literal["error", "warning"] = Field(description="How bad it is.")
    path: str = Field(description="The file.")
    line: int | None = Field(description="The line, from 1; null where none is known.")
    message: str = Field(description="What is wrong.")
    hint: str | None = Field(description="What to try.")


class LintChartDocument(Document):
    """What was found in one chart."""

    path: str = Field(description="The chart's folder.")
    valid: bool = Field(description="Whether there are no errors.")
    findings: list[LintFindingDocument] = Field(description="What is wrong.")


class LintDocument(Document):
    """What `reconcile chart lint -o json` prints."""

    valid: bool = Field(description="Whether no chart has errors.")
    charts: list[LintChartDocument] = Field(description="Every chart, in the order in which they were given.")


def lint_text(results: Sequence[LintResult], style: Style) -> str:
    """A line for each finding, `path:line: severity: message`, and one for each chart."""
    return "\n".join(line for result in results for line in _lines(result, style))


def lint_document(results: Sequence[LintResult]) -> LintDocument:
    """The results as a document."""
    charts = [
        LintChartDocument(path=item.path, valid=item.is_valid, findings=[_document(found) for found in item.findings])
        for item in results
    ]
    return LintDocument(valid=all(item.is_valid for item in results), charts=charts)


def _lines(result: LintResult, style: Style) -> Iterator[str]:
    for finding in result.findings:
        place = f"{finding.file}:{finding.line}" if finding.line else finding.file
        yield (
            clean(f"{place}: ")
            + style.paint(finding.severity, _MEANINGS[finding.severity])
            + (clean(f": {finding.message}").replace("\n", "\n  "))
        )
        if finding.hint:
            yield clean(f"  try: {finding.hint}")
    counts = Counter(finding.severity for finding in result.findings)
    words = [f"{counts[severity]} {severity}{'' if counts[severity] == 1 else 's'}" for severity in Severity]
    yield style.paint(clean(f"{result.path}: {', '.join(words)}"), "strong" if result.is_valid else "error")


def _document(finding: LintFinding) -> LintFindingDocument:
    return LintFindingDocument(
        severity=finding.severity.value,
        path=finding.file,
        line=finding.line,
        message=finding.message,
        hint=finding.hint,
    )
