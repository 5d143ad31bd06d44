"""What an import found, as text for people."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.importing import Imported, Note
from reconciler.report.style import Style, clean


def imported_text(found: Imported, file: str, style: Style) -> str:
    """How many releases and files, what was left out, what to look at, and which variables a plan needs."""
    others = len(found.files) - 1
    beside = f", and {others} file{'' if others == 1 else 's'} beside it" if others else ""
    counted = f"{found.releases} release{'' if found.releases == 1 else 's'}"
    lines = [style.paint(clean(f"{found.environment}: {counted} in {file}{beside}"), "strong")]
    for note in sorted(found.notes, key=lambda note: not note.left_out):
        lines += _note_lines(note, style)
    if found.variables:
        lines.append("  set these variables before a plan; their values were not written:")
        lines += [f"      {clean(name)}  {clean(meaning)}" for name, meaning in sorted(found.variables.items())]
    return "\n".join(lines)


def _note_lines(note: Note, style: Style) -> Iterator[str]:
    sign = style.paint("✗", "error") if note.left_out else style.paint("!", "change")
    word = "left out: " if note.left_out else ""
    place = f"{note.where}: " if note.where else ""
    yield f"  {sign} {clean(f'{place}{note.subject}')}: {word}{_said(note.message)}"
    if note.hint:
        yield f"      try: {_said(note.hint)}"


def _said(text: str) -> str:
    return clean(text).replace("\n", "\n        ")
