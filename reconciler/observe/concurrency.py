"""Bounded concurrency."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

# Reads wait for the network; more of them at once only queue at the server.
READERS = 8


def concurrently(function: Callable[[T], R], items: Iterable[T], workers: int = READERS) -> list[R]:
    """`function` of every item, side by side, results in the order of the items; the first error is raised."""
    listed = list(items)
    if len(listed) <= 1:
        return [function(item) for item in listed]
    with ThreadPoolExecutor(min(workers, len(listed))) as pool:
        return list(pool.map(function, listed))


def both(one: Callable[[], T], other: Callable[[], R]) -> tuple[T, R]:
    """The results of two functions, side by side; when both raise, the first one's error."""
    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(other)
        return one(), later.result()
