"""A local folder, watched while someone works in it."""

from __future__ import annotations

import queue
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from watchdog.events import (
    EVENT_TYPE_CREATED,
    EVENT_TYPE_DELETED,
    EVENT_TYPE_MODIFIED,
    EVENT_TYPE_MOVED,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from reconciler.errors import DesiredStateError
from reconciler.model.debounce import Pace, Pending

# Not those of opening and closing: reading a file would be a change then, and we read each after a change.
_CHANGES = frozenset({EVENT_TYPE_CREATED, EVENT_TYPE_DELETED, EVENT_TYPE_MODIFIED, EVENT_TYPE_MOVED})
# What editors and systems write beside a file while it is edited: vim's swap files and its trial `4913`, Emacs' locks
# and saves, backups, JetBrains' and the desktop's.
_PASSING = re.compile(r"\..*\.sw[a-px-z]|4913|\.#.*|#.*#|.*~|.*___jb_(?:tmp|old)___|\.DS_Store|\.goutputstream-.*")


class Watch:
    """Changes below a folder, as sets of paths relative to it. See `watching`."""

    def __init__(self, folder: Path, pace: Pace) -> None:
        self._folder = folder
        self._pace = pace
        self._seen: queue.SimpleQueue[Path] = queue.SimpleQueue()

    def wait(self, seconds: float) -> frozenset[Path]:
        """What has changed, when it is complete; empty: nothing within so many seconds."""
        deadline = time.monotonic() + seconds
        pending = Pending()
        while True:
            due = pending.due(self._pace)
            remaining = (deadline if due is None else due) - time.monotonic()
            try:
                found = self._seen.get(timeout=remaining) if remaining > 0 else self._seen.get_nowait()
            except queue.Empty:
                return pending.paths
            pending = pending.adding(found, time.monotonic())
            if remaining <= 0 and due is not None:
                return pending.paths

    def note(self, event: FileSystemEvent) -> None:
        """Take an event of the system; from its thread."""
        # A folder changes with each file in it, which is told by itself.
        if event.event_type not in _CHANGES or (event.is_directory and event.event_type == EVENT_TYPE_MODIFIED):
            return
        for path in filter(None, (event.src_path, event.dest_path)):
            inside = _inside(Path(str(path)), self._folder)
            if inside is not None and not _passes(inside):
                self._seen.put(inside)


@contextmanager
def watching(folder: Path, pace: Pace = Pace()) -> Iterator[Watch]:  # noqa: B008 (it is frozen)
    """Watch a folder and all below it, from the beginning of the block to its end.

    Raises DesiredStateError: it cannot be watched.
    """
    root = folder.resolve()
    watch = Watch(root, pace)
    handler = _Handler(watch)
    observer = Observer()
    try:
        observer.schedule(handler, str(root), recursive=True)
        observer.start()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        hint = "raise fs.inotify.max_user_watches, or watch a smaller folder" if root.is_dir() else None
        raise DesiredStateError(f"{folder} cannot be watched: {reason}", hint=hint) from error
    try:
        yield watch
    finally:
        observer.stop()
        observer.join()


class _Handler(FileSystemEventHandler):
    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._watch.note(event)


def _inside(path: Path, folder: Path) -> Path | None:
    return path.relative_to(folder) if path.is_relative_to(folder) else None


def _passes(path: Path) -> bool:
    """Whether a path is none of the project's."""
    return ".git" in path.parts or _PASSING.fullmatch(path.name) is not None
