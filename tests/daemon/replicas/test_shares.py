"""Who is asked for an environment, and when."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from reconciler.daemon.replicas.shares import SHARE, Balance, Shares, pause, wanted
from reconciler.errors import ClusterError


@pytest.mark.parametrize(
    ("led", "holders", "asked"),
    [
        pytest.param(0, "", "", id="nobody leads any"),
        pytest.param(0, "a", "", id="one alone"),
        pytest.param(0, "aa", "01", id="another has both"),
        pytest.param(1, "aa", "", id="nearly even"),
        pytest.param(1, "aaa", "012", id="clearly more"),
        pytest.param(1, "ababab", "135", id="two have as many"),
        pytest.param(1, "abbb", "123", id="who has the most"),
        pytest.param(5, "aaabbb", "", id="this one has the most"),
    ],
)
def test_wanted(led: int, holders: str, asked: str) -> None:
    """Those of whoever leads the most, when both lead fewer than that afterwards."""
    assert wanted(led, {str(index): holder for index, holder in enumerate(holders)}) == tuple(asked)


@pytest.mark.parametrize("known", [1, 2, 3, 15, 100, 1000])
def test_pause(known: int) -> None:
    """None for the first, longer for each one more, and a bound for one replica that takes all."""
    pauses = [pause(led, known, longest=5.0) for led in range(known)]
    assert pauses[0] == 0
    assert pauses == sorted(set(pauses))
    assert sum(pauses) <= 5.0
    assert all(each <= led * SHARE for led, each in enumerate(pauses))


def test_one_that_is_gone_is_seen_no_more() -> None:
    """Its thread may tell of it a last time."""
    made = Round()
    stands, balance = made.begin()
    balance.end()
    for each in stands:
        made.shares.part(each)
        made.shares.see(each, "other")
    assert made.shares.wanted() == ()
    assert made.shares.pause(5.0) == 0


@dataclass(eq=False)
class Noted:
    """Implements Stand: notes what is asked."""

    name: str
    said: list[str]
    failing: bool = False

    def ask(self, *, wanted: bool) -> None:
        """Note it."""
        self.said.append(f"{'' if wanted else 'not '}{self.name}")
        if self.failing:
            raise ClusterError("cluster main cannot be reached")


@dataclass
class Round:
    """Three environments that another replica leads."""

    shares: Shares = field(default_factory=Shares)
    said: list[str] = field(default_factory=list)

    def begin(self, *, failing: bool = False) -> tuple[list[Noted], Balance]:
        """Ask from now on."""
        stands = [Noted(name, self.said, failing) for name in "abc"]
        for each in stands:
            self.shares.join(each)
            self.shares.see(each, "other")
        balance = Balance(self.shares, 0.02)
        balance.begin()
        return stands, balance


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize("failing", [False, True])
def test_one_at_a_time(*, failing: bool) -> None:
    """What is not handed over is asked for no more before the next is, also when that cannot be said."""
    made = Round()
    _, balance = made.begin(failing=failing)
    until(lambda: len(made.said) >= 7)
    balance.end()
    assert made.said[:7] == ["a", "not a", "b", "not b", "c", "not c", "a"]


def test_until_it_is_even() -> None:
    """What was handed over counts at once."""
    made = Round()
    stands, balance = made.begin()
    until(lambda: made.said)
    made.shares.lead(stands[0])
    assert (made.shares.led, made.shares.wanted()) == (1, ())
    until(lambda: made.said[-1].startswith("not"))
    settled = list(made.said)
    made.shares.leave(stands[0])
    made.shares.see(stands[0], "other")
    until(lambda: made.said != settled)
    balance.end()
    assert made.shares.led == 0
