"""Polls and backoff, without a clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.daemon.timing import Attempts, Backoff, Polling

CHANCE = st.floats(min_value=0, max_value=1)


@pytest.mark.parametrize(("chance", "expected"), [(0.0, 154.0), (0.5, 160.0), (1.0, 166.0)])
def test_the_next_poll(chance: float, expected: float) -> None:
    """Around the interval."""
    assert Polling(60.0).next(100.0, chance) == pytest.approx(expected)


@given(CHANCE)
def test_polls_do_not_stop(chance: float) -> None:
    """There is always a next one, and some time before it."""
    assert 1_054 <= Polling(60.0).next(1_000.0, chance) <= 1_066


@pytest.mark.parametrize(
    ("failures", "expected"), [(1, 5.0), (2, 10.0), (3, 20.0), (8, 640.0), (9, 900.0), (1_000, 900.0)]
)
def test_a_wait(failures: int, expected: float) -> None:
    """Doubles up to a bound, however many there were."""
    assert Backoff().wait(failures, 0.0) == expected


@given(st.integers(min_value=1, max_value=5_000), CHANCE)
def test_bounds(failures: int, chance: float) -> None:
    """Never longer than the longest, never much shorter than the first."""
    assert 4.0 <= Backoff().wait(failures, chance) <= 900.0


def test_failures_in_a_row() -> None:
    """Each waits longer; others are not held up."""
    attempts: Attempts[str] = Attempts()
    for now in (100.0, 200.0, 300.0):
        attempts = attempts.failed("api", "v1", now, 0.0)
    assert attempts.ready_at("api", "v1") == 320.0
    assert attempts.failures("api") == 3
    assert attempts.ready_at("redis", "v1") < 0
    assert attempts.failures("redis") == 0


def test_a_remedy_is_tried_at_once() -> None:
    """Another commit, other values: the wait was for what failed. When that fails too, it counts from one."""
    attempts: Attempts[str] = Attempts()
    attempts = attempts.failed("api", "v1", 100.0, 0.0).failed("api", "v1", 110.0, 0.0)
    assert attempts.ready_at("api", "v2") < 0
    attempts = attempts.failed("api", "v2", 200.0, 0.0)
    assert (attempts.ready_at("api", "v2"), attempts.failures("api")) == (205.0, 1)


def test_success_forgets() -> None:
    """What has come right is not remembered, and nothing grows for ever."""
    attempts: Attempts[str] = Attempts()
    attempts = attempts.failed("api", "v1", 100.0, 0.0)
    assert attempts.succeeded("api") == Attempts()
    assert attempts.failures("api") == 1
