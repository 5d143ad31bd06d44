"""What the daemon knows after a restart: which environments are suspended, and which commit was the last good one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.adapters.files import write_file
from reconciler.daemon.commits import commit_document, read_commit
from reconciler.errors import DesiredStateError
from reconciler.model.json import Json, JsonMap, as_map, dig, text_at
from reconciler.model.source import Commit

_VERSION = "reconciler/v1"


@dataclass(frozen=True, slots=True)
class Remembered:
    """Of one environment file.

    Attributes:
        suspended: who suspended it; empty: it is not.
        good: the last commit that was valid; None: there was none.
    """

    suspended: str = ""
    good: Commit | None = None


class Memory:
    """A file that is replaced in one step at each change. One that cannot be read is begun anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known = dict(_read(path))

    def of(self, environment: str) -> Remembered:
        """What is known of an environment, by its file."""
        with self._lock:
            return self._known.get(environment, Remembered())

    def paths(self) -> tuple[str, ...]:
        """The environment files of which something is known."""
        with self._lock:
            return tuple(self._known)

    def change(self, environment: str, change: Callable[[Remembered], Remembered]) -> None:
        """Note something else. Raises DesiredStateError: it cannot be written, and is as before."""
        with self._lock:
            before = self._known.get(environment, Remembered())
            self._write({**self._known, environment: change(before)})

    def forget(self, environment: str) -> None:
        """It is no more. Raises as `change`."""
        with self._lock:
            self._write({path: item for path, item in self._known.items() if path != environment})

    def _write(self, known: dict[str, Remembered]) -> None:
        if known == self._known:
            return
        try:
            write_file(self._path, json.dumps(_document(known), indent=2).encode())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise DesiredStateError(f"{self._path} cannot be written: {reason}") from error
        self._known = known


def _document(known: Mapping[str, Remembered]) -> JsonMap:
    entries: dict[str, Json] = {
        path: {"suspended": item.suspended, "good": commit_document(item.good) if item.good else None}
        for path, item in sorted(known.items())
    }
    return {"apiVersion": _VERSION, "kind": "SyncState", "environments": entries}


def _read(path: Path) -> Mapping[str, Remembered]:
    try:
        entries = as_map(as_map(json.loads(path.read_text(encoding="utf-8"))).get("environments"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {
        key: Remembered(text_at(item, "suspended"), read_commit(dig(item, "good"))) for key, item in entries.items()
    }
