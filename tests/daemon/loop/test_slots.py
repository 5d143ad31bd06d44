"""Runs at once, and those that wait."""

from __future__ import annotations

import threading

from reconciler.daemon.loop.slots import Slots


def test_no_more_than_so_many_at_once_and_the_others_are_counted() -> None:
    """The third waits until one of two has ended."""
    told: list[int] = []
    waits, entered = threading.Event(), threading.Event()

    def note(count: int) -> None:
        told.append(count)
        waits.set()

    slots = Slots(2, note)

    def third() -> None:
        with slots:
            entered.set()

    thread = threading.Thread(target=third)
    with slots:
        with slots:
            assert told == []
            thread.start()
            assert waits.wait(10)
            assert not entered.is_set()
        assert entered.wait(10)
        thread.join(10)
    assert told == [1, 0]
