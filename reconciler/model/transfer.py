"""What a transfer tells while it is under way."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is told how far a transfer has come; a transfer that is tried again begins at 0 again."""

    def __call__(self, done: int, total: int | None) -> None:
        """`done` bytes of `total`; None where the server does not tell how many there are."""
        ...


def unseen(done: int, total: int | None) -> None:
    """The progress that nobody looks at."""
    del done, total
