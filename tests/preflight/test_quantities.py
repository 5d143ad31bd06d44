"""Quantities, as Kubernetes reads and people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reconciler.preflight.quantities import quantity, shown


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("100m", "0.1"),
        ("1", "1"),
        (2, "2"),
        (0.5, "0.5"),
        (".5", "0.5"),
        ("1.5Gi", "1610612736"),
        ("1Ki", "1024"),
        ("100k", "100000"),
        ("2e3", "2000"),
        ("2E3", "2000"),
        ("1E", "1000000000000000000"),
        ("5u", "0.000005"),
        ("-1", "-1"),
    ],
)
def test_what_is_one(written: object, number: str) -> None:
    """With every unit, exactly."""
    assert quantity(written) == Decimal(number)


@pytest.mark.parametrize("written", ["", "x", "1 Gi", "1gi", "1Mi5", None, True, [], {}])
def test_what_is_none(written: object) -> None:
    """It comes from charts and servers, so it may be anything."""
    assert quantity(written) is None


@pytest.mark.parametrize(
    ("number", "like", "text"),
    [
        ("10737418240", "4Gi", "10Gi"),
        ("1610612736", "4Gi", "1.5Gi"),
        ("1572864", "4", "1572864"),
        ("0.25", "2", "0.25"),
        ("0.25", "500m", "250m"),
        ("100", "7", "100"),
        ("0", "4Gi", "0"),
    ],
)
def test_how_one_is_shown(number: str, like: str, text: str) -> None:
    """In the unit of the other one, so that the two can be compared."""
    assert shown(Decimal(number), like) == text
