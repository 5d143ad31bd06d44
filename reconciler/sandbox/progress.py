"""How long-running work tells what it is doing: one line of text at a time."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]


def silent(_line: str) -> None:
    """Tell nobody."""
