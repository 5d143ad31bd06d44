"""What an upgrade as a whole may cost."""

from __future__ import annotations

import pytest

from reconciler.model.policy import Risk
from reconciler.plan.release_risks import release_hazards
from reconciler.plan.states import NotInstalled, Outdated, Settled, State, Unclaimed
from tests.plan.factories import chart, stored


def found(state: State, version: str = "1.0.0", name: str = "app") -> dict[Risk, str]:
    """The risks of going on to this version of a chart."""
    hazards = list(release_hazards(state, chart(name, version)))
    assert all(hazard.object is None for hazard in hazards)
    return {hazard.risk: hazard.message for hazard in hazards}


@pytest.mark.parametrize(
    ("before", "after", "is_older"),
    [
        ("1.10.0", "1.9.0", True),
        ("1.0.0", "1.0.0-rc.1", True),
        ("v1.2", "1.1.9", True),
        ("1.9.0", "1.10.0", False),
        ("1.0.0", "1.0.0", False),
        ("1.0.0+a", "1.0.0+b", False),
        ("latest", "1.0.0", False),
    ],
)
def test_downgrade(before: str, after: str, *, is_older: bool) -> None:
    """By the order of versions and not of texts; what is no version is not ordered."""
    told = found(Outdated(stored(chart_version=before), ("x",)), after)
    assert told == ({Risk.DOWNGRADE: f"chart app {before} → {after}"} if is_older else {})


def test_another_chart_is_no_downgrade() -> None:
    """Its versions have nothing to do with those of the first."""
    assert found(Outdated(stored(chart_version="2.0.0"), ("x",)), "1.0.0", "other") == {}


@pytest.mark.parametrize("state", [Outdated(stored(labels={}), ("x",)), Unclaimed(stored(labels={}))])
def test_the_release_of_somebody_else(state: State) -> None:
    """It has none of our labels."""
    assert found(state) == {Risk.TAKES_OWNERSHIP: "it was not installed by reconciler"}


@pytest.mark.parametrize("state", [NotInstalled(), Settled(stored(chart_version="9.0.0"), ())])
def test_what_is_not_upgraded_costs_nothing(state: State) -> None:
    """There is nothing to go back from."""
    assert found(state) == {}
