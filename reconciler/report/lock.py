"""What becomes of a lock file, as text and as a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pydantic import Field

from reconciler.model.lock import LockChange, LockUpdate, Move, Pin
from reconciler.report.style import Style, clean
from reconciler.report.target import Document

_SIGNS = {
    Move.ADDED: ("+", "add"),
    Move.MOVED: ("~", "change"),
    Move.REPUBLISHED: ("!", "error"),
    Move.DROPPED: ("-", "remove"),
    Move.UNCHANGED: ("=", "quiet"),
}
# So much of a digest tells two of them apart.
_SHOWN_DIGITS = 12


class PinDocument(Document):
    """One published chart."""

    version: str = Field(description="Its version.")
    digest: str = Field(description="sha256:…, of its archive.")


class LockChangeDocument(Document):
    """One entry of the lock file."""

    repository: str = Field(description="The URL that the chart is found below.")
    chart: str = Field(description="Its name there.")
    range: str = Field(description="The version or range as the environment writes it; `*` where it says none.")
    change: Move = Field(description="What becomes of it; republished: the same version has other content now.")
    before: PinDocument | None = Field(description="What was locked; null for a new entry.")
    after: PinDocument | None = Field(description="What is locked now; null when it is no longer used.")


class UpdateDocument(Document):
    """What `reconcile update -o json` prints."""

    lock: str = Field(description="The lock file.")
    changed: bool = Field(description="Whether it was changed; with --check, whether it would be.")
    charts: list[LockChangeDocument] = Field(description="Every entry, sorted.")


def update_text(update: LockUpdate, style: Style, *, written: bool) -> str:
    """A line for each entry that changes, below a line that sums up."""
    counts = Counter(change.move for change in update.changes)
    parts = [f"{counts[move]} {move}" for move in Move if counts[move]] or ["no charts from repositories"]
    would = "" if written or not update.changed else " (not written)"
    title = style.paint(clean(f"{update.path}: {', '.join(parts)}{would}"), "strong")
    changes = (change for change in update.changes if change.move is not Move.UNCHANGED)
    return "\n".join([title, *(line for change in changes for line in _lines(change, style))])


def update_document(update: LockUpdate) -> UpdateDocument:
    """The same as a document."""
    return UpdateDocument(lock=update.path, changed=update.changed, charts=[_document(item) for item in update.changes])


def _lines(change: LockChange, style: Style) -> Iterator[str]:
    sign, meaning = _SIGNS[change.move]
    yield f"  {style.paint(sign, meaning)} {clean(f'{change.key.chart} {change.key.range}  {_said(change)}')}"
    yield style.paint(clean(f"      in {change.key.repository}"), "quiet")
    if change.move is Move.REPUBLISHED:
        yield "      try: ask who published other content under the same version, before you apply it"


def _said(change: LockChange) -> str:
    before, after = change.before, change.after
    if change.move is Move.REPUBLISHED and before and after:
        return f"{after.version} has other content now: {_digest(before)} → {_digest(after)}"
    if before and after:
        return f"{before.version} → {after.version} ({_digest(after)})"
    return f"{after.version} ({_digest(after)})" if after else "is no longer used"


def _digest(pin: Pin) -> str:
    return f"sha256:{pin.digest[:_SHOWN_DIGITS]}"


def _document(change: LockChange) -> LockChangeDocument:
    return LockChangeDocument(
        repository=change.key.repository,
        chart=change.key.chart,
        range=change.key.range,
        change=change.move,
        before=_pin(change.before),
        after=_pin(change.after),
    )


def _pin(pin: Pin | None) -> PinDocument | None:
    return PinDocument(version=pin.version, digest=f"sha256:{pin.digest}") if pin else None
