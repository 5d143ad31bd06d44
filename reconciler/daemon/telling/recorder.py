"""Kubernetes Events of what runs do to releases, written by a thread of its own, and not too many."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus

from reconciler.daemon.allowance import Allowance
from reconciler.errors import ApiError, ClusterError
from reconciler.model.desired import ClusterAccess
from reconciler.model.failure import Remedy
from reconciler.model.happening import Happening, Journal, Reason
from reconciler.model.identity import ReleaseId
from reconciler.model.outcome import Result
from reconciler.model.plan import ActionKind
from reconciler.model.refusal import says_terminating
from reconciler.model.sync import Notice, Step, StepEnded

_LOGGER = logging.getLogger("reconciler.events")
_REASONS = {
    ActionKind.INSTALL: Reason.APPLIED,
    ActionKind.UPGRADE: Reason.APPLIED,
    ActionKind.CORRECT: Reason.DRIFT_CORRECTED,
}
# A first apply of 500 releases is told in whole by the log; the server keeps events in etcd.
_MOST_WAITING = 200
# Events at once, and the seconds for each one more.
_BURST, _PAUSE = 50, 2.0
# Seconds in which a daemon that ends has written what it has to write, or has not.
_LAST_WORDS = 5.0

# Told the name of an environment, and its clusters.
Introduce = Callable[[str, Mapping[str, ClusterAccess]], None]


def no_introduction(_environment: str, _clusters: Mapping[str, ClusterAccess]) -> None:
    """Nobody wants to know the clusters."""


class Recorder:
    """Writes events into the clusters that it was introduced to.

    A cluster where the right is missing is told of once and then left alone, until it is introduced anew.

    Args:
        journal: makes the journal of a cluster.
    """

    def __init__(self, journal: Callable[[ClusterAccess], Journal]) -> None:
        self._journal = journal
        self._allowance = Allowance(_BURST, _PAUSE)
        self._lock = threading.Lock()
        self._journals: dict[tuple[str, str], Journal] = {}
        self._waiting: queue.Queue[tuple[str, Happening] | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="events", daemon=True)
        self._thread.start()

    def introduce(self, environment: str, clusters: Mapping[str, ClusterAccess]) -> None:
        """These are the clusters of an environment now; of one that is gone, none."""
        with self._lock:
            kept = {key: journal for key, journal in self._journals.items() if key[0] != environment}
            new = {(environment, name): self._journal(access) for name, access in clusters.items()}
            self._journals = {**kept, **new}

    def tell(self, notice: Notice) -> None:
        """Write it down by and by, if it is about a release; what is too much is left out."""
        if not isinstance(notice, StepEnded):
            return
        happening = happening_of(notice.step)
        if happening and self._allowance.take(time.monotonic()):
            try:
                self._waiting.put_nowait((notice.environment, happening))
            except queue.Full:
                _LOGGER.debug("an event is left out, since too many wait")

    def close(self) -> None:
        """Write what waits, if that goes within seconds."""
        try:
            self._waiting.put(None, timeout=_LAST_WORDS)
        except queue.Full:
            return
        self._thread.join(_LAST_WORDS)

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            self._write(*item)

    def _write(self, environment: str, happening: Happening) -> None:
        key = environment, happening.release.cluster
        with self._lock:
            journal = self._journals.get(key)
        if journal is None:
            return
        try:
            journal.record(happening)
        except ClusterError as error:
            facts = {"environment": environment, "message": error.message, "hint": error.hint}
            if not _is_lasting(error):
                _LOGGER.info("an event is lost", extra={"facts": facts})
                return
            with self._lock:
                self._journals.pop(key, None)
            _LOGGER.warning("no events are written into this cluster any more", extra={"facts": facts})
        except Exception:
            _LOGGER.exception("an event is lost")


def _is_lasting(error: ClusterError) -> bool:
    forbidden = isinstance(error, ApiError) and error.status == HTTPStatus.FORBIDDEN
    return forbidden and not says_terminating(error.message)


def happening_of(step: Step) -> Happening | None:
    """What an action was to a release; None: nothing that its cluster has to be told."""
    if not isinstance(step.target, ReleaseId):
        return None
    if step.result is Result.FAILED:
        back = step.remedied is not None and step.remedied.done and step.remedied.remedy is Remedy.ROLLBACK
        return Happening(step.target, Reason.ROLLED_BACK if back else Reason.FAILED, step.message)
    reason = _REASONS.get(step.kind) if step.result is Result.DONE else None
    return Happening(step.target, reason, step.message or str(step.kind)) if reason else None
