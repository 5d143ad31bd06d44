"""Findings as documents."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from reconciler.model.finding import Cause, Finding
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
