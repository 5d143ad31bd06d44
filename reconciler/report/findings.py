"""Findings as text for people."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from reconciler.model.finding import Finding
from reconciler.report.style import Style, clean


def diagnosis_text(environment: str, releases: int, findings: Sequence[Finding], style: Style) -> str:
    """How many of what, and every finding."""
    if not findings:
        return style.paint(f"{environment}: nothing is wrong with its {releases} releases", "good")
    targets = len({finding.target for finding in findings})
    counted = f"{len(findings)} finding{'s' if len(findings) > 1 else ''} about {targets} of {releases} releases"
    return "\n".join((style.paint(f"{environment}: {counted}", "error"), findings_text(findings, style)))


def findings_text(findings: Sequence[Finding], style: Style, told: Container[str] = ()) -> str:
    """Each finding: the cause first, what shows it below, and what to try; but for messages `told` just before."""
    several = len({finding.target.cluster for finding in findings}) > 1
    return "\n".join(line for finding in findings for line in _lines(finding, style, told, several=several))


def _lines(finding: Finding, style: Style, told: Container[str], *, several: bool) -> Iterator[str]:
    place = f" [{finding.target.cluster}]" if several else ""
    yield f"  {style.paint(clean(f'{finding.target}{place}: {finding.cause}'), 'error')}"
    if finding.message not in told:
        yield f"      {clean(finding.message)}"
    yield from (style.paint(f"        {clean(line)}", "quiet") for line in finding.evidence)
    if finding.where:
        yield f"      at: {clean(str(finding.where))}"
    yield f"      try: {clean(finding.hint)}"
