"""The standing of releases, as a table and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model.identity import ReleaseId, Target
from reconciler.model.standing import Health, Standing
from reconciler.report.documents import OtherDocument, ReleaseDocument, StatusDocument
from reconciler.report.style import Style, clean
from reconciler.report.target import target_document

_MEANINGS = {"in sync": "good", "healthy": "good", "failed": "error", "missing": "error", "not installed": "error"}

Entry = tuple[ReleaseId, Standing, Health]


@dataclass(frozen=True, slots=True)
class _Row:
    cluster: str
    release: str
    sync: str
    health: str
    revision: str
    chart: str
    reason: str


def status_text(environment: str, entries: Sequence[Entry], others: Sequence[tuple[Target, str]], style: Style) -> str:
    """A line for each release, with the reason below what is not well; then what else is not as it should be."""
    rows = [_row(*entry) for entry in entries]
    several = len({row.cluster for row in rows}) > 1
    header = _Row("CLUSTER", "RELEASE", "SYNC", "HEALTH", "REV", "CHART", "")
    widths = [max(len(cell) for cell in column) for column in zip(*map(_cells, (header, *rows)), strict=True)]
    title = style.paint(f"{environment}: {len(rows)} releases", "strong")
    lines = [title, _line(header, widths, Style(), several=several)]
    for row in rows:
        lines.append(_line(row, widths, style, several=several))
        if row.reason:
            lines.append(style.paint(f"    {clean(row.reason)}", "quiet"))
    lines += [f"{style.paint(clean(str(target)), 'error')}  {clean(reason)}" for target, reason in others]
    return "\n".join(lines)


def status_document(
    environment: str, entries: Sequence[Entry], others: Sequence[tuple[Target, str]], *, well: bool
) -> StatusDocument:
    """The standing of releases, and of what else is not as it should be, as a document."""
    releases = [_document(*entry) for entry in entries]
    differing = [OtherDocument(target=target_document(target), reason=reason) for target, reason in others]
    return StatusDocument(environment=environment, well=well, releases=releases, others=differing)


def _document(identity: ReleaseId, standing: Standing, health: Health) -> ReleaseDocument:
    return ReleaseDocument(
        cluster=identity.cluster,
        namespace=identity.namespace,
        name=identity.name,
        sync=standing.sync.value,
        health=health.condition.value,
        revision=standing.revision,
        chart=standing.chart,
        reason=_reason(standing, health),
    )


def _row(identity: ReleaseId, standing: Standing, health: Health) -> _Row:
    return _Row(
        identity.cluster,
        f"{identity.namespace}/{identity.name}",
        standing.sync,
        health.condition,
        str(standing.revision or "-"),
        standing.chart or "-",
        _reason(standing, health),
    )


def _reason(standing: Standing, health: Health) -> str:
    return "; ".join(dict.fromkeys(filter(None, (standing.reason, health.reason))))


def _cells(row: _Row) -> tuple[str, ...]:
    return (row.cluster, row.release, row.sync, row.health, row.revision, row.chart)


def _line(row: _Row, widths: Sequence[int], style: Style, *, several: bool) -> str:
    cells = []
    for cell, width in zip(_cells(row), widths, strict=True):
        padded = clean(cell).ljust(width)
        meaning = _MEANINGS.get(cell, "change" if cell in (row.sync, row.health) else None)
        cells.append(style.paint(padded, meaning) if meaning else padded)
    return "  ".join(cells if several else cells[1:]).rstrip()
