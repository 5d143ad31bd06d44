"""Folders in the cache of charts: put there in one step, and removed when nobody has used them for long."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

# Seconds: 30 days. Every chart of an environment that is kept or applied now and then is younger.
_UNUSED = 30 * 86_400.0


def is_kept(folder: Path) -> bool:
    """Whether it is there, which counts as a use of it."""
    with suppress(OSError):  # a cache that only others may write has its age from them
        os.utime(folder)
    return folder.exists()


def keep(made: Path, folder: Path) -> None:
    """Rename what was made in one step; when another process was first, its result stays.

    What is beside it and was not used for long is removed: a cache grows here alone.
    """
    try:
        made.rename(folder)
    except OSError:
        if not folder.exists():
            raise
    for other in folder.parent.iterdir():
        with suppress(OSError):  # another process may do the same
            if time.time() - other.stat().st_mtime > _UNUSED:
                _remove(other)


def _remove(folder: Path) -> None:
    """First out of its place, in one step: whoever is about to read it finds nothing, and not a part."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".old-", ignore_cleanup_errors=True) as private:
        folder.rename(Path(private) / "old")
