"""Private folders for what must not stay on the disk, and an end for those that a killed run left."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

_PREFIX = "reconcile-private-"
_LOCK = ".lock"
# Seconds. A folder that is younger may not have its lock yet.
_YOUNG = 60.0


class PrivateFolder:
    """A new folder that only its owner can look into; `cleanup` removes it.

    Its owner holds a lock in it, which the kernel frees when the owner dies, however that happens. So whoever makes the
    next one removes what the dead have left.
    """

    def __init__(self) -> None:
        root = Path(tempfile.gettempdir())
        for left in root.glob(f"{_PREFIX}*"):
            _remove_if_dead(left)
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
        self.path = Path(self._folder.name)
        self._lock = (self.path / _LOCK).open("w", encoding="utf-8")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def cleanup(self) -> None:
        """Remove it and what is in it. Once is enough; more often does no harm."""
        self._lock.close()
        self._folder.cleanup()


def _remove_if_dead(folder: Path) -> None:
    """Of this user alone, and what is gone meanwhile, or cannot be removed, is left: nothing depends on it."""
    with suppress(OSError):
        found = folder.lstat()
        if found.st_uid != os.getuid() or time.time() - found.st_mtime < _YOUNG or folder.is_symlink():
            return
        with (folder / _LOCK).open("a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
