"""The signs of life of an environment's thread: each says how long the next one may take."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.daemon.health import LIFELESS, Pulse
from reconciler.model.desired import Wait
from reconciler.model.failure import Retry
from reconciler.model.identity import Target
from reconciler.model.outcome import ActionOutcome, Event, Started
from reconciler.model.plan import Action, UninstallRelease, WriteRelease

# Seconds. A look is many requests, and charts to be fetched; each of them ends within a limit of its own.
LOOK = 1_800.0
# What an action may take beside what it waits for: requests, hooks, what is found about a failure, and its remedy.
WORK = 1_800.0


class Signs:
    """Of one thread, which alone gives them.

    Args:
        ticks: the clock of the pulse, in seconds.
    """

    def __init__(self, thread: str, pulse: Pulse, ticks: Callable[[], float]) -> None:
        self._thread, self._pulse, self._ticks = thread, pulse, ticks
        self._due: dict[Target, float] = {}

    def turning(self) -> None:
        """It does what takes no time."""
        self._beat(LIFELESS)

    def looking(self) -> None:
        """It looks at files or clusters."""
        self._due.clear()
        self._beat(LOOK)

    def waiting(self) -> None:
        """It waits for something to happen, or for others, as long as that takes."""
        self._pulse.end(self._thread)

    def told(self, event: Event) -> None:
        """Something happens in a run: each action that is under way has the time that it may take."""
        match event:
            case Started(action):
                self._due[action.target] = self._ticks() + patience(action)
            case ActionOutcome(action):
                self._due.pop(action.target, None)
            case _:
                pass
        self._beat(min(self._due.values()) - self._ticks() if self._due else LOOK)

    def _beat(self, within: float) -> None:
        self._pulse.beat(self._thread, self._ticks(), within)


def patience(action: Action) -> float:
    """Seconds that an action may take, with every try and its remedy; infinity: something is waited for for ever."""
    gates = sum(_seconds(gate.limit) for gate in action.gates)
    return gates + sum(_waits(action)) + WORK


def _waits(action: Action) -> Iterator[float]:
    """The work's own waits: of each try, and of the remedy."""
    match action.work:
        case WriteRelease(release):
            retry = release.on_failure.retry
            yield (retry.times + 2) * _seconds(release.wait)
            yield retry.times * retry.cap
        case UninstallRelease(wait=wait):
            yield (Retry().times + 1) * _seconds(wait)
        case _:
            pass


def _seconds(wait: Wait | None) -> float:
    if wait is None:
        return 0.0
    return float("inf") if wait.seconds is None else wait.seconds
