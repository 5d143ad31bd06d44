"""One process at a time, across processes."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.sandbox.progress import Progress


@contextmanager
def exclusive(path: Path, progress: Progress, waiting_for: str) -> Iterator[None]:
    """Hold the lock file `path`; waits for its holder, and says so by `progress`.

    The kernel frees the lock when its holder dies, so a killed run leaves nothing to clean up. The file
    itself stays: deleting it would let two processes hold "the" lock on two different files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"waiting for another process: {waiting_for}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
