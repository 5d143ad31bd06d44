"""How replicas share the environments: those that start together by turns, one that comes later by asking."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Protocol, TypeVar

from reconciler.errors import ReconcilerError

# By so many more environments another replica has to lead before it is asked for one: then both lead fewer than it did.
CLEARLY = 2
# Seconds at most for each environment that a replica leads, before it takes one more that nobody has.
SHARE = 0.5

K = TypeVar("K")


class Stand(Protocol):
    """A replica's standing for one environment."""

    def ask(self, *, wanted: bool) -> None:
        """Ask whoever leads to hand it over, or not to any more. Raises ReconcilerError: that cannot be said."""
        ...


class Shares:
    """How many environments this replica leads, and who leads the others.

    Each that nobody leads is taken in turn, the later the more it has: replicas that start together share them, and one
    that starts alone gets all.
    """

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self._lock = threading.Lock()
        self._known: set[Stand] = set()
        self._led: set[Stand] = set()
        self._holders: dict[Stand, str] = {}

    @property
    def led(self) -> int:
        """How many this replica leads."""
        return len(self._led)

    def join(self, stand: Stand) -> None:
        """It is one of the environments."""
        with self._lock:
            self._known.add(stand)

    def part(self, stand: Stand) -> None:
        """It is none any more."""
        with self._lock:
            self._known.discard(stand)
        self.leave(stand)

    def pause(self, longest: float) -> float:
        """See `pause`."""
        with self._lock:
            return pause(len(self._led), len(self._known), longest)

    def lead(self, stand: Stand) -> None:
        """It leads this one."""
        with self._lock:
            self._led.add(stand)
            self._holders.pop(stand, None)

    def leave(self, stand: Stand) -> None:
        """It does not lead this one any more, nor is it known who does."""
        with self._lock:
            self._led.discard(stand)
            self._holders.pop(stand, None)

    def see(self, stand: Stand, holder: str) -> None:
        """Another replica leads this one."""
        with self._lock:
            if stand in self._known:
                self._holders[stand] = holder

    def wanted(self) -> tuple[Stand, ...]:
        """See `wanted`."""
        with self._lock:
            return wanted(len(self._led), self._holders)


def pause(led: int, known: int, longest: float) -> float:
    """Seconds before a replica that leads so many of the known environments takes one more.

    The more it leads, the longer; and yet for all of them together no more than `longest`.
    """
    return led * min(SHARE, 2 * longest / known**2) if known else 0.0


def wanted(led: int, holders: Mapping[K, str]) -> tuple[K, ...]:
    """Those of which one may be asked for: whoever leads the most has them, and clearly more than these `led`."""
    counts = Counter(holders.values())
    holder, most = max(counts.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    return tuple(key for key, other in holders.items() if other == holder) if most >= led + CLEARLY else ()


class Balance:
    """Asks for one environment at a time, while this replica leads clearly fewer than another.

    One that is not handed over is left, since a run may take long there, and the next one is asked for.

    Args:
        pause: seconds between two looks; who leads what has to stay so for as long before one is asked for.
    """

    def __init__(self, shares: Shares, pause: float) -> None:
        self._shares, self._pause = shares, pause
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="balance", daemon=True)

    def begin(self) -> None:
        """Look from now on."""
        self._thread.start()

    def end(self) -> None:
        """Ask for nothing more."""
        self._ended.set()

    def _keep(self) -> None:
        before: tuple[Stand, ...] = ()
        asked: Stand | None = None
        turns = count()
        while not self._ended.wait(self._pause):
            stands = self._shares.wanted()
            if asked:
                _say(asked, wanted=False)
            asked = stands[next(turns) % len(stands)] if stands and stands == before else None
            if asked:
                _say(asked, wanted=True)
            before = stands


def _say(stand: Stand, *, wanted: bool) -> None:
    with suppress(ReconcilerError):
        stand.ask(wanted=wanted)
