"""What to do now, by tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.daemon.decide import Go, Rest, Situation, decide, strongest
from reconciler.model.sync import Trigger, Why

COMMIT, DRIFT, USER = Why(Trigger.COMMIT, "abc"), Why(Trigger.DRIFT, "Deployment shop/api"), Why(Trigger.USER, "ada")
IDLE = Situation(leading=True, suspended=False, ready=True, asked=(), due=100.0)
NEVER = float("inf")


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        (IDLE, Rest(100.0)),
        (replace(IDLE, due=50.0), Go(Why(Trigger.INTERVAL))),
        (replace(IDLE, retry=70.0), Rest(70.0)),
        (replace(IDLE, retry=50.0), Go(Why(Trigger.RETRY))),
        (replace(IDLE, asked=(DRIFT,)), Go(DRIFT)),
        (replace(IDLE, asked=(DRIFT, COMMIT)), Go(COMMIT)),
        (replace(IDLE, asked=(COMMIT, USER)), Go(USER)),
        # A cluster that could not be reached is left alone, but for what people and commits ask.
        (replace(IDLE, asked=(DRIFT,), due=0.0, quiet=80.0), Rest(80.0)),
        (replace(IDLE, asked=(COMMIT,), quiet=80.0), Go(COMMIT)),
        # Nothing is done by who does not lead, while it is suspended, and before there are valid files.
        (replace(IDLE, leading=False, asked=(USER,), due=0.0), Rest(NEVER)),
        (replace(IDLE, suspended=True, asked=(COMMIT,), due=0.0), Rest(NEVER)),
        (replace(IDLE, ready=False, asked=(COMMIT,), due=0.0), Rest(NEVER)),
    ],
)
def test_decisions(situation: Situation, expected: Go | Rest) -> None:
    """At tick 60."""
    assert decide(situation, 60.0) == expected


def test_the_strongest_stands_for_all() -> None:
    """With how many more of its kind there are."""
    others = [replace(DRIFT, detail=f"Service shop/{name}") for name in "ab"]
    assert strongest([DRIFT, *others]) == Why(Trigger.DRIFT, "Deployment shop/api and 2 more")
    assert strongest([*others, COMMIT]) == COMMIT
