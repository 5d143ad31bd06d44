"""What Helm renders, as template path → text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Helm's own test for notes: it prints them instead of applying them.
_NOTES = "NOTES.txt"

# `helm template` begins each document with these two lines.
_DOCUMENT = re.compile(r"^---\n# Source: (.+)\n", re.MULTILINE)


def objects_only(rendered: Mapping[str, str]) -> dict[str, str]:
    """The templates that may hold objects: without notes, partials and those that came out empty."""
    return {path: text for path, text in sorted(rendered.items()) if text.strip() and _holds_objects(path)}


def split_stream(stream: str) -> dict[str, str]:
    """The output of `helm template`; the documents of one template are joined again."""
    parts = _DOCUMENT.split(stream)
    documents: dict[str, list[str]] = {}
    for path, text in zip(parts[1::2], parts[2::2], strict=True):
        documents.setdefault(path, []).append(text)
    return {path: "---\n".join(texts) for path, texts in documents.items()}


def _holds_objects(path: str) -> bool:
    return not path.endswith(_NOTES) and not path.rpartition("/")[2].startswith("_")
