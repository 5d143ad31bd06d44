"""Whether the daemon is alive, and keeps what it should: for probes. Pure, but for the pulse of its threads."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.model.sync import Board, ConditionKind, EnvironmentView

# Seconds until the next sign, where a thread does not say otherwise.
LIFELESS = 60.0

# What keeps an environment from being as its commit says because somebody wants that, or leaves it to another replica.
_MEANT = frozenset(
    {ConditionKind.SUSPENDED, ConditionKind.DRY_RUN, ConditionKind.WINDOW_CLOSED, ConditionKind.STANDING_BY}
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a probe is answered.

    Attributes:
        reasons: what is wrong, by the name of the thread or environment; empty: nothing.
    """

    reasons: Mapping[str, str]

    @property
    def is_good(self) -> bool:
        """Whether the answer is 200; 503 otherwise."""
        return not self.reasons

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return 200 if self.is_good else 503

    def document(self) -> dict[str, object]:
        """The answer's JSON."""
        return {"ok": self.is_good, "reasons": dict(self.reasons)}


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life: when it was given, and within how many seconds the next one is."""

    at: float
    within: float = LIFELESS


class Pulse:
    """When each of the daemon's threads gave its last sign, by any steady clock in seconds.

    How long the next one may take each thread says itself: it alone knows what it is about to do.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._beats: dict[str, Beat] = {}

    def beat(self, thread: str, now: float, within: float = LIFELESS) -> None:
        """It is alive."""
        with self._lock:
            self._beats[thread] = Beat(now, within)

    def end(self, thread: str) -> None:
        """It is no longer expected to give signs."""
        with self._lock:
            self._beats.pop(thread, None)

    def beats(self) -> Mapping[str, Beat]:
        """The last sign of each."""
        with self._lock:
            return dict(self._beats)


def alive(pulse: Pulse, now: float) -> Verdict:
    """`/healthz`: every thread gave a sign when it should. A restart helps where it did not."""
    silent = {name: now - beat.at for name, beat in pulse.beats().items() if now - beat.at > beat.within}
    return Verdict({name: f"no sign of life for {seconds:.0f} s" for name, seconds in sorted(silent.items())})


def ready(board: Board, now: datetime, bound: float) -> Verdict:
    """`/readyz`: the clusters of every environment were as its commit says within the last `bound` seconds.

    Environments that are meant to stand still do not count. Before any environment is known, it is not ready.
    """
    views = board.environments()
    if not views:
        return Verdict({"source": "no environment is known yet"})
    return Verdict(dict(_late(views, now - timedelta(seconds=bound))))


def _late(views: Iterable[EnvironmentView], since: datetime) -> Iterable[tuple[str, str]]:
    for view in views:
        if any(condition.kind in _MEANT for condition in view.conditions):
            continue
        if view.succeeded is None:
            yield view.name, f"no success yet{_why(view)}"
        elif view.succeeded < since:
            yield view.name, f"the last success was at {view.succeeded.isoformat(timespec='seconds')}{_why(view)}"


def _why(view: EnvironmentView) -> str:
    """Kinds only: probes ask without a login, and messages are for those who may see the status page."""
    kinds = ", ".join(str(condition.kind) for condition in view.conditions if condition.kind is not ConditionKind.READY)
    return f": {kinds}" if kinds else ""
