"""What to do now, by tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.daemon.loop.decide import MOST, Go, Rest, Situation, decide, strongest
from reconciler.model.identity import ReleaseId, SecretId
from reconciler.model.sync import Trigger, Why

COMMIT, DRIFT, USER = Why(Trigger.COMMIT, "abc"), Why(Trigger.DRIFT, "Deployment shop/api"), Why(Trigger.USER, "ada")
IDLE = Situation(leading=True, suspended=False, ready=True, asked=(), due=100.0)
NEVER = float("inf")
API, WEB = ReleaseId("main", "shop", "api"), ReleaseId("main", "shop", "web")
LOGIN = SecretId("main", "shop", "login")
OF_API, OF_WEB = replace(DRIFT, about=(API,)), Why(Trigger.DRIFT, "ConfigMap shop/web", (WEB,))
SETTLING = replace(IDLE, settling={API: 50.0, WEB: 70.0})


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
        # What releases drifted is all that is looked at, unless all is due anyway.
        (replace(IDLE, asked=(OF_API,)), Go(OF_API)),
        (replace(IDLE, asked=(OF_API, DRIFT)), Go(Why(Trigger.DRIFT, "Deployment shop/api and 1 more"))),
        (replace(IDLE, asked=(OF_API,), due=50.0), Go(DRIFT)),
        (replace(IDLE, asked=(OF_API,), retry=50.0), Go(DRIFT)),
        (replace(IDLE, asked=(OF_API, COMMIT)), Go(COMMIT)),
        # What settles is looked at by itself, each at its time.
        (SETTLING, Go(Why(Trigger.INTERVAL, "release shop/api", (API,)))),
        (
            replace(SETTLING, settling={API: 50.0, WEB: 60.0}),
            Go(Why(Trigger.INTERVAL, "release shop/api and 1 more", (API, WEB))),
        ),
        (replace(SETTLING, settling={WEB: 70.0}), Rest(70.0)),
        (replace(SETTLING, settling={LOGIN: 50.0, API: 50.0}), Go(Why(Trigger.INTERVAL, f"{LOGIN} and 1 more"))),
        (replace(SETTLING, asked=(OF_WEB,)), Go(replace(OF_WEB, about=(API, WEB)))),
        (replace(SETTLING, due=50.0), Go(Why(Trigger.INTERVAL))),
        (replace(SETTLING, quiet=80.0), Rest(80.0)),
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


def test_many_stand_for_all() -> None:
    """A run about most of it costs as much as one about all."""
    many = [Why(Trigger.DRIFT, "it", (one_of(number),)) for number in range(MOST)]
    assert len(strongest([*many, many[0]]).about) == MOST
    assert strongest([*many, OF_API]).about == ()


def one_of(number: int) -> ReleaseId:
    """One of many releases."""
    return ReleaseId("main", "shop", f"app-{number}")
