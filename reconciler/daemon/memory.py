"""What the daemon knows after a restart: which environments are suspended, and the last good commits."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from reconciler.adapters.files import write_file
from reconciler.daemon.commits import commit_document, read_commit
from reconciler.errors import DesiredStateError
from reconciler.model.json import Json, JsonMap, as_map, text_at
from reconciler.model.source import Commit

_VERSION = "reconciler/v1"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Known:
    """By file: its last commit that was valid. By environment: who suspended it, where somebody did."""

    good: Mapping[str, Commit] = field(default_factory=dict)
    suspended: Mapping[str, str] = field(default_factory=dict)


class Memory:
    """A file that is replaced in one step at each change. One that cannot be read is begun anew.

    Suspensions are kept by the environment's name, and also while no file has it: one that moves, or that is removed
    and put back, resumes nothing. Changes raise DesiredStateError: it cannot be written, and all is as before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known = _read(path)

    def paths(self) -> tuple[str, ...]:
        """The environment files that were valid at a commit."""
        with self._lock:
            return tuple(self._known.good)

    def good(self, path: str) -> Commit | None:
        """The last commit at which this file was valid; None: there was none."""
        with self._lock:
            return self._known.good.get(path)

    def accept(self, path: str, commit: Commit) -> None:
        """The file is valid at this commit."""
        with self._lock:
            self._write(replace(self._known, good={**self._known.good, path: commit}))

    def forget(self, path: str) -> None:
        """The file is no more."""
        with self._lock:
            self._write(replace(self._known, good=_without(self._known.good, path)))

    def suspended(self, name: str) -> str:
        """Who suspended the environment; empty: it is not."""
        with self._lock:
            return self._known.suspended.get(name, "")

    def suspend(self, name: str, who: str) -> None:
        """It is suspended by somebody; empty: it is resumed."""
        with self._lock:
            self._write(self._with(name, who))

    def rename(self, before: str, name: str) -> None:
        """An environment has another name now, and is suspended if it was, or if that name is."""
        with self._lock:
            suspended = self._known.suspended
            renamed = self._with(name, suspended.get(name) or suspended.get(before, ""))
            self._write(replace(renamed, suspended=_without(renamed.suspended, before)))

    def _with(self, name: str, who: str) -> _Known:
        others = _without(self._known.suspended, name)
        return replace(self._known, suspended={**others, name: who} if who else others)

    def _write(self, known: _Known) -> None:
        if known == self._known:
            return
        try:
            write_file(self._path, json.dumps(_document(known), indent=2).encode())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise DesiredStateError(f"{self._path} cannot be written: {reason}") from error
        self._known = known


def _without(known: Mapping[str, T], key: str) -> dict[str, T]:
    return {other: item for other, item in known.items() if other != key}


def _document(known: _Known) -> JsonMap:
    good: dict[str, Json] = {path: commit_document(commit) for path, commit in sorted(known.good.items())}
    suspended: dict[str, Json] = dict(sorted(known.suspended.items()))
    return {"apiVersion": _VERSION, "kind": "SyncState", "good": good, "suspended": suspended}


def _read(path: Path) -> _Known:
    try:
        document = as_map(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return _Known()
    good = {key: commit for key, item in as_map(document.get("good")).items() if (commit := read_commit(item))}
    names = as_map(document.get("suspended"))
    return _Known(good, {name: who for name in names if (who := text_at(names, name))})
