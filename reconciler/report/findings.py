"""Findings as text for people, and as a document."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from pydantic import Field

from reconciler.model.finding import Cause, Finding
from reconciler.report.style import Style, clean
from reconciler.report.target import Document, TargetDocument, target_document


class SubjectDocument(Document):
    """An object of a cluster."""

    api_version: str = Field(description="Its apiVersion.")
    kind: str = Field(description="Its kind.")
    namespace: str = Field(description="Its namespace; empty for cluster-scoped kinds.")
    name: str = Field(description="Its name.")


class FindingDocument(Document):
    """Why something does not run; secrets are masked."""

    cause: Cause = Field(description="The cause, by name.")
    target: TargetDocument = Field(description="What of the environment does not run.")
    subject: SubjectDocument | None = Field(description="The object that blocks it; null when it is all of it.")
    message: str = Field(description="The cause in one sentence.")
    evidence: list[str] = Field(description="What shows it: conditions, events, exit codes, log lines.")
    hint: str = Field(description="What to try.")
    where: str | None = Field(description="The place in the environment's files to look at, as path:line:column.")


class FindingsDocument(Document):
    """What `reconcile diagnose -o json` prints."""

    environment: str = Field(description="The environment's name.")
    healthy: bool = Field(description="Whether nothing was found.")
    releases: int = Field(description="How many releases were looked at.")
    findings: list[FindingDocument] = Field(description="What was found.")


def findings_document(environment: str, releases: int, findings: Sequence[Finding]) -> FindingsDocument:
    """A diagnosis as a document."""
    listed = [finding_document(finding) for finding in findings]
    return FindingsDocument(environment=environment, healthy=not listed, releases=releases, findings=listed)


def finding_document(finding: Finding) -> FindingDocument:
    """A finding as a document."""
    return FindingDocument(
        cause=finding.cause,
        target=target_document(finding.target),
        subject=_subject(finding),
        message=finding.message,
        evidence=list(finding.evidence),
        hint=finding.hint,
        where=str(finding.where) if finding.where else None,
    )


def _subject(finding: Finding) -> SubjectDocument | None:
    subject = finding.subject
    if subject is None:
        return None
    kind = subject.kind
    return SubjectDocument(api_version=kind.api_version, kind=kind.name, namespace=subject.namespace, name=subject.name)


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
