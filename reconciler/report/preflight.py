"""A preflight, as a table for people and as a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pydantic import Field

from reconciler.model.preflight import Area, Check, Preflight, Status
from reconciler.report.checks import SIGNS, CheckDocument, check_document, check_lines
from reconciler.report.style import Style, clean
from reconciler.report.target import Document


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
        checks=[check_document(check) for check in found.checks],
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


def _counted(checks: Iterable[Check]) -> str:
    counts = Counter(check.status for check in checks)
    return ", ".join(f"{counts[status]} {_WORDS[status]}" for status in Status if counts[status]) or "nothing to check"


_WORDS = {Status.FAILED: "failed", Status.WARNING: "to look at", Status.UNKNOWN: "unknown", Status.OK: "ok"}


def _worst(checks: Sequence[Check]) -> str:
    return SIGNS[min((check.status for check in checks), key=list(Status).index, default=Status.OK)][1]


def _badness(check: Check) -> int:
    return list(Status).index(check.status)
