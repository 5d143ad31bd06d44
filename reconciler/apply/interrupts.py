"""Ctrl-C as a note instead of an exception, which could come between any two lines, also of those that handle it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def noted(note: Callable[[], None]) -> Iterator[None]:
    """For the time of the context, every signal that would raise KeyboardInterrupt calls `note`.

    `note` must take no lock: the main thread may hold it at that moment. Only the main thread gets signals; in
    another one nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    raising = [number for number in signal.valid_signals() if signal.getsignal(number) is signal.default_int_handler]
    for number in raising:
        signal.signal(number, lambda _number, _frame: note())
    try:
        yield
    finally:
        for number in raising:
            signal.signal(number, signal.default_int_handler)
