"""What happened lately, for pages that are open: a short memory that every page reads at its own pace."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.model.sync import (
    CommitSeen,
    DriftSeen,
    LeadershipChanged,
    Notice,
    RunEnded,
    RunStarted,
    SourceFailed,
    StepEnded,
    SuspensionChanged,
    ViewChanged,
)

# So many are remembered; a page that is further behind is told to read everything anew.
MOST = 256


@dataclass(frozen=True, slots=True)
class Update:
    """Something that a page may show.

    Attributes:
        number: counts up from 1.
        environment: which one stands otherwise; None: all may.
        text: one line for people; empty where it is nothing to be told.
    """

    number: int
    environment: str | None
    text: str


class Updates:
    """The memory. All methods may be called from any thread, and none waits.

    Pages hold a position in it and no queue of their own, so that a slow one costs nothing.
    """

    def __init__(self, most: int = MOST) -> None:
        self._lock = threading.Lock()
        self._last: deque[Update] = deque(maxlen=most)
        self._number = 0
        self._wakers: set[Callable[[], None]] = set()
        self.is_closed = False

    def tell(self, notice: Notice) -> None:
        """A `Tell` of the daemon."""
        about = _about(notice)
        if about is None:
            return
        with self._lock:
            self._number += 1
            self._last.append(Update(self._number, *about))
        self._wake()

    def close(self) -> None:
        """End all streams, since the server stops."""
        self.is_closed = True
        self._wake()

    @property
    def number(self) -> int:
        """That of the newest."""
        return self._number

    def after(self, number: int) -> tuple[Update, ...] | None:
        """What came after the one with this number; None: part of it is forgotten, or there was no such number."""
        with self._lock:
            oldest = self._number - len(self._last)
            if not oldest <= number <= self._number:
                return None
            return tuple(update for update in self._last if update.number > number)

    def subscribe(self, wake: Callable[[], None]) -> None:
        """Have a function called, from any thread, after each that comes. It must be quick."""
        with self._lock:
            self._wakers.add(wake)

    def unsubscribe(self, wake: Callable[[], None]) -> None:
        """No longer."""
        with self._lock:
            self._wakers.discard(wake)

    @property
    def readers(self) -> int:
        """How many are subscribed."""
        return len(self._wakers)

    def _wake(self) -> None:
        with self._lock:
            wakers = tuple(self._wakers)
        for wake in wakers:
            wake()


def _about(notice: Notice) -> tuple[str | None, str] | None:
    """Which environment stands otherwise, and what is told of it; None: nothing that a page shows."""
    match notice:
        case StepEnded():
            return None
        case ViewChanged(view):
            return view.name, ""
        case CommitSeen(commit):
            return None, f"a new commit: {commit.sha[:7]}"
        case SourceFailed(message):
            return None, f"the source failed: {message}"
        case RunEnded(run):
            return run.environment, f"{run.environment}: {_happened(notice)}"
    return notice.environment, f"{notice.environment}: {_happened(notice)}"


def _happened(notice: RunStarted | RunEnded | DriftSeen | LeadershipChanged | SuspensionChanged) -> str:
    match notice:
        case RunStarted(_, _run, why):
            return f"a run has started ({why.trigger})"
        case RunEnded(run):
            return f"{run.result}: {run.message}"
        case DriftSeen(_, target, changed):
            return f"{changed} of {target} was changed by somebody else"
        case SuspensionChanged(_, suspension):
            return suspension.words
        case LeadershipChanged(_, leading, holder):
            return "led from here" if leading else f"left to {holder}"
