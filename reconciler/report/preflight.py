"""A preflight, as a table for people and as a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pydantic import Field

from reconciler.model.preflight import Area, Check, Preflight, Status
from reconciler.report.style import Style, clean
from reconciler.report.target import Document

_SIGNS = {
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


class PreflightDocument(Document):
    """What `reconcile preflight -o json` prints."""

    environment: str = Field(description="The environment's name.")
    passed: bool = Field(description="Whether nothing failed.")
    failed: int = Field(description="How many checks failed.")
    warnings: int = Field(description="How many checks ended with a warning.")
    unknown: int = Field(description="How many could not be made.")
    checks: list[CheckDocument] = Field(description="Every check, in the order in which they were made.")


def preflight_document(found: Preflight) -> PreflightDocument:
    """A preflight as a document."""
    counts = Counter(check.status for check in found.checks)
    return PreflightDocument(
        environment=found.environment,
        passed=found.passed,
        failed=counts[Status.FAILED],
        warnings=counts[Status.WARNING],
        unknown=counts[Status.UNKNOWN],
        checks=[_document(check) for check in found.checks],
    )


def _document(check: Check) -> CheckDocument:
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


def preflight_text(found: Preflight, style: Style, *, full: bool = False) -> str:
    """The checks by area: the troubles in full, the rest counted; with `full`, every one."""
    several = len({check.cluster for check in found.checks if check.cluster}) > 1
    lines = [style.paint(f"{clean(found.environment)}: {_counted(found.checks)}", _worst(found.checks))]
    for area in Area:
        checks = [check for check in found.checks if check.area is area]
        if checks:
            lines += _area_lines(area, checks, style, several=several, full=full)
    return "\n".join(lines)


def _area_lines(area: Area, checks: Sequence[Check], style: Style, *, several: bool, full: bool) -> Iterator[str]:
    yield f"{style.paint(area.ljust(_WIDEST), 'strong')}  {_counted(checks)}"
    shown = [check for check in checks if full or check.status is not Status.OK]
    for check in sorted(shown, key=_badness):
        yield from check_lines(check, style, several=several)


_WIDEST = max(map(len, Area))


def check_lines(check: Check, style: Style, *, several: bool) -> Iterator[str]:
    """One check; with its cluster where there are several."""
    sign, meaning = _SIGNS[check.status]
    place = f" [{check.cluster}]" if several and check.cluster else ""
    yield f"  {style.paint(sign, meaning)} {clean(check.subject + place)}: {_said(check.message)}"
    if check.where and check.status is not Status.OK:
        yield style.paint(f"      at {clean(str(check.where))}", "quiet")
    if check.hint:
        yield f"      try: {_said(check.hint)}"


def _counted(checks: Iterable[Check]) -> str:
    counts = Counter(check.status for check in checks)
    return ", ".join(f"{counts[status]} {_WORDS[status]}" for status in Status if counts[status]) or "nothing to check"


_WORDS = {Status.FAILED: "failed", Status.WARNING: "to look at", Status.UNKNOWN: "unknown", Status.OK: "ok"}


def _worst(checks: Sequence[Check]) -> str:
    return _SIGNS[min((check.status for check in checks), key=list(Status).index, default=Status.OK)][1]


def _badness(check: Check) -> int:
    return list(Status).index(check.status)


def _said(text: str) -> str:
    """What somebody else said; further lines are indented, so that none looks like one of ours."""
    return clean(text).replace("\n", "\n        ")
