"""Values before and after a change, as short as people read them."""

from __future__ import annotations

import json
from difflib import unified_diff

from reconciler.model.json import Json
from reconciler.report.style import clean

# The beginning tells what a value is; the whole of it is in the JSON document.
_LONGEST_VALUE = 48
LONGEST_LINE = 160


def value_text(value: Json) -> str:
    """A value in one line, cut where it is long."""
    return cut(clean(json.dumps(value, ensure_ascii=False)), _LONGEST_VALUE)


def cut(text: str, longest: int) -> str:
    """The beginning of a text that is longer."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def long_texts(before: Json, after: Json) -> tuple[str, str] | None:
    """Both values where they are texts of several lines, so that a difference is told line by line; else None."""
    if isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        return before, after
    return None


def text_diff(before: str, after: str) -> list[str]:
    """The lines of a unified diff, without its head; foreign text, not cleaned."""
    return list(unified_diff(*_lines(before, after), lineterm="", n=2))[2:]


def _lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """Both texts by line feeds alone, so that other line ends are seen; a last one that only one has is a line."""
    old, new = before.split("\n"), after.split("\n")
    return (old[:-1], new[:-1]) if old[-1] == new[-1] == "" else (old, new)
