"""Bounded concurrency."""

from __future__ import annotations

import threading
import time

import pytest

from reconciler.observe.concurrency import concurrently


def test_results_are_in_the_order_of_the_items() -> None:
    """However long each takes."""

    def slow_first(number: int) -> int:
        time.sleep(0.1 if number == 0 else 0)
        return number * 2

    assert concurrently(slow_first, range(20)) == [number * 2 for number in range(20)]
    assert concurrently(slow_first, []) == []


def test_no_more_at_once_than_workers() -> None:
    """The bound is reached and never passed."""
    lock, running, most = threading.Lock(), 0, 0

    def task(_number: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    concurrently(task, range(12), workers=3)
    assert most == 3


def test_the_first_error_is_raised() -> None:
    """As a loop would raise it."""

    def fail(number: int) -> None:
        if number in (3, 7):
            raise ValueError(number)

    with pytest.raises(ValueError, match="3"):
        concurrently(fail, range(10))


def test_one_item_needs_no_thread() -> None:
    """A small environment pays nothing for the possibility."""
    assert concurrently(lambda _item: threading.get_ident(), ["one"]) == [threading.get_ident()]
