"""The published versions of a chart, as a table and as a document."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from reconciler.model.repository import PublishedChart
from reconciler.report.style import clean
from reconciler.report.target import Document

# What is longer is told in full by the document.
_LONGEST = 60


class VersionDocument(Document):
    """One version."""

    version: str = Field(description="The version.")
    digest: str | None = Field(description="sha256 (hex) of the archive; null where the repository does not tell.")
    created: str = Field(description="When it was published; empty where the repository does not tell.")
    app_version: str = Field(description="The version of what it deploys; empty where the repository does not tell.")
    description: str = Field(description="What it is; empty where the repository does not tell.")
    deprecated: bool = Field(description="Whether it should not be used any more.")


class VersionsDocument(Document):
    """What `reconcile chart list -o json` prints."""

    repository: str = Field(description="The repository, as it was named.")
    chart: str = Field(description="The chart.")
    versions: list[VersionDocument] = Field(description="Every version, the newest first.")


def versions_document(repository: str, name: str, versions: Sequence[PublishedChart]) -> VersionsDocument:
    """The versions as a document."""
    return VersionsDocument(repository=repository, chart=name, versions=[_document(item) for item in versions])


def versions_text(versions: Sequence[PublishedChart]) -> str:
    """A line for each version. Columns of which the repository tells nothing are left out."""
    rows = [("VERSION", "APP VERSION", "CREATED", "DESCRIPTION"), *map(_row, versions)]
    told = [column for column in zip(*rows, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in told]
    lines = (zip(cells, widths, strict=True) for cells in zip(*told, strict=True))
    return "\n".join("  ".join(cell.ljust(width) for cell, width in line).rstrip() for line in lines)


def _row(item: PublishedChart) -> tuple[str, str, str, str]:
    words = f"(deprecated) {item.description}" if item.deprecated else item.description
    description = clean(words).replace("\n", " ")
    short = description if len(description) <= _LONGEST else f"{description[: _LONGEST - 1]}…"
    return clean(item.version), clean(item.app_version), clean(item.created[:10]), short


def _document(item: PublishedChart) -> VersionDocument:
    return VersionDocument(
        version=item.version,
        digest=item.digest,
        created=item.created,
        app_version=item.app_version,
        description=item.description,
        deprecated=item.deprecated,
    )
