"""Ctrl-C as a note instead of an exception, which could come between any two lines, also of those that handle it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Seconds until an interrupt that was lost comes again: long enough to have left where it was lost.
_AGAIN = 0.05


class _Raising:
    """A handler that raises KeyboardInterrupt, and remembers that it did: not everything lets it through.

    Python drops what is raised in a weak reference's callback, of which every import makes some, and libraries in C
    drop what is raised while they compare or hash.
    """

    def __init__(self) -> None:
        self.received = False

    def __call__(self, _number: int, _frame: object) -> None:
        self.received = True
        raise KeyboardInterrupt


_raising = _Raising()


def end_on(*names: str) -> None:
    """Have these signals, as far as the system knows them, raise KeyboardInterrupt for good: none is lost.

    For a program's first lines; it takes SIGALRM for itself.
    """
    for name in (*names, "SIGALRM"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _raising)
    shown = sys.unraisablehook

    def repeated(lost: sys.UnraisableHookArgs) -> None:
        if isinstance(lost.exc_value, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        else:
            shown(lost)

    sys.unraisablehook = repeated


@contextmanager
def noted(note: Callable[[], None]) -> Iterator[None]:
    """For the time of the context, every signal that would raise KeyboardInterrupt calls `note`.

    One that came before and was lost is noted at once. `note` must take no lock: the main thread may hold it at that
    moment. Only the main thread gets signals; in another one nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    raising = {
        number: handler for number, handler in handlers.items() if handler in (_raising, signal.default_int_handler)
    }
    for number in raising:
        signal.signal(number, lambda _number, _frame: note())
    try:
        if _raising.received:
            note()
        yield
    finally:
        for number, handler in raising.items():
            signal.signal(number, handler)
