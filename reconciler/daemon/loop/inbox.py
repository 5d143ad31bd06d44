"""What others tell the thread of an environment, and what wakes it. All of it may be used from any thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.daemon.loop.conditions import Obstacle
from reconciler.daemon.loop.showing import with_suspension
from reconciler.daemon.source.origin import Checkout
from reconciler.model.sync import Suspension, Why


class Inbox:
    """Of one environment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._asked: list[Why] = []
        self._offer: Checkout | None = None
        self._source: Obstacle | None = None
        self._suspensions: tuple[Suspension, ...] = ()
        self._is_gone = False

    def offer(self, checkout: Checkout, why: Why) -> None:
        """There are these files now."""
        with self._lock:
            self._offer, self._source = checkout, None
            self._add(why)
        self.wake()

    def ask(self, why: Why) -> None:
        """Something happened."""
        with self._lock:
            self._add(why)
        self.wake()

    def _add(self, why: Why) -> None:
        if why not in self._asked:
            self._asked.append(why)

    def obstruct(self, obstacle: Obstacle | None) -> None:
        """The source gives nothing that can be used; None: it does again, and has nothing new."""
        with self._lock:
            self._source = obstacle
        self.wake()

    def note(self, suspension: Suspension) -> None:
        """It was suspended or resumed."""
        with self._lock:
            self._suspensions = with_suspension(self._suspensions, suspension)

    def wake(self) -> None:
        """Something may be otherwise."""
        self._wake.set()

    def end(self) -> None:
        """Nothing more is to be done."""
        self._ended.set()
        self.wake()

    def drop(self) -> None:
        """The source has it no longer."""
        with self._lock:
            self._is_gone = True
        self.end()

    @contextmanager
    def present(self) -> Iterator[bool]:
        """Whether the source still has it, which stays so meanwhile."""
        with self._lock:
            yield not self._is_gone

    def turn(self) -> Checkout | None:
        """Whatever is told from now on wakes it again; gives the files that it was offered, once."""
        self._wake.clear()
        with self._lock:
            offer, self._offer = self._offer, None
            return offer

    def answered(self) -> None:
        """What was asked until now is being done, unless by files that nobody took yet: it is asked of these then."""
        with self._lock:
            if self._offer is None:
                self._asked = []

    def wait(self, seconds: float) -> None:
        """Until it is woken, at most so long."""
        self._wake.wait(seconds)

    @property
    def is_ended(self) -> bool:
        """Whether nothing more is to be done."""
        return self._ended.is_set()

    @property
    def is_gone(self) -> bool:
        """Whether the source has it no longer."""
        return self._is_gone

    @property
    def has_offer(self) -> bool:
        """Whether there are files that nobody took yet."""
        with self._lock:
            return self._offer is not None

    @property
    def asked(self) -> tuple[Why, ...]:
        """What happened, and was not answered yet."""
        with self._lock:
            return tuple(self._asked)

    @property
    def source(self) -> Obstacle | None:
        """What is wrong with the source."""
        return self._source

    @property
    def suspensions(self) -> tuple[Suspension, ...]:
        """The last ones, the newest first."""
        return self._suspensions
