"""How much is in a folder, while it is being written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def larger_than(folder: Path, size: int, files: int | None = None) -> bool:
    """Whether its files have more bytes, or are more; no further than that is counted."""
    total = 0
    for count, found in enumerate(_sizes(folder), 1):
        total += found
        if total > size or (files is not None and count > files):
            return True
    return False


def _sizes(folder: Path) -> Iterator[int]:
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                yield (Path(parent) / name).lstat().st_size
            except FileNotFoundError:  # a temporary file, and gone
                continue
