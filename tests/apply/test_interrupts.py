"""Ctrl-C as a note."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from reconciler.apply.interrupts import noted


def test_interrupts_are_noted_and_then_raise_again() -> None:
    """Within the context nothing is raised, however often it comes; outside all is as before."""
    notes: list[int] = []
    with noted(lambda: notes.append(1)):
        for _ in range(3):
            signal.raise_signal(signal.SIGINT)
    assert len(notes) == 3
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_signal_that_somebody_else_handles_is_left_to_them() -> None:
    """Only what would raise is noted."""
    caught: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: caught.append(number))
    try:
        with noted(lambda: None):
            signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert caught == [signal.SIGUSR1]


def test_another_thread_gets_no_signals() -> None:
    """So there it changes nothing, and does not fail."""
    handlers: list[object] = []

    def run() -> None:
        with noted(lambda: None):
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler]


LOST = """
import signal, sys, time, weakref
from reconciler.apply.interrupts import end_on, noted

class Thing: pass

end_on("SIGINT")
thing = Thing()
kept = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
try:
    del thing
    print("lost", flush=True)
    {rest}
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize(
    ("rest", "printed"),
    [
        ("time.sleep(10); print('ran to its end')", ["lost", "interrupted"]),
        ("with noted(lambda: print('noted')): pass", ["lost", "noted"]),
    ],
)
def test_an_interrupt_that_python_drops_comes_again(rest: str, printed: list[str]) -> None:
    """In the callback of a weak reference nothing can be raised: an import that Ctrl-C hit there went on for ever."""
    found = subprocess.run(
        [sys.executable, "-c", LOST.format(rest=rest)], capture_output=True, text=True, timeout=20, check=False
    )
    assert (found.stdout.split("\n")[:2], found.stderr) == (printed, "")
