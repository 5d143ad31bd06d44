"""One check of a preflight, as lines for people and as a document."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from reconciler.model.preflight import Area, Check, Status
from reconciler.report.style import Style, clean
from reconciler.report.target import Document

SIGNS = {
    Status.FAILED: ("✗", "error"),
    Status.WARNING: ("!", "change"),
    Status.UNKNOWN: ("?", "change"),
    Status.OK: ("✓", "good"),
}


class CheckDocument(Document):
    """One thing that was looked at."""

    area: Area = Field(description="What it is about.")
    cluster: str | None = Field(description="The cluster, by its name in the environment; null for what is in none.")
    subject: str = Field(description="What was looked at.")
    status: Status = Field(description="failed: an apply would fail; unknown: it could not be found out.")
    message: str = Field(description="What was found.")
    hint: str | None = Field(description="What to try.")
    path: str | None = Field(description="The file that led here; null where there is none.")
    line: int | None = Field(description="The line, from 1.")
    column: int | None = Field(description="The column, from 1.")


def check_document(check: Check) -> CheckDocument:
    """A check as a document."""
    where = check.where
    return CheckDocument(
        area=check.area,
        cluster=check.cluster,
        subject=check.subject,
        status=check.status,
        message=check.message,
        hint=check.hint,
        path=where.path if where else None,
        line=where.line if where else None,
        column=where.column if where else None,
    )


def check_lines(check: Check, style: Style, *, several: bool) -> Iterator[str]:
    """One check; with its cluster where there are several."""
    sign, meaning = SIGNS[check.status]
    place = f" [{check.cluster}]" if several and check.cluster else ""
    yield f"  {style.paint(sign, meaning)} {clean(check.subject + place)}: {_said(check.message)}"
    if check.where and check.status is not Status.OK:
        yield style.paint(f"      at {clean(str(check.where))}", "quiet")
    if check.hint:
        yield f"      try: {_said(check.hint)}"


def _said(text: str) -> str:
    """What somebody else said; further lines are indented, so that none looks like one of ours."""
    return clean(text).replace("\n", "\n        ")
