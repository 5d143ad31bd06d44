"""Windows, over midnight, weeks, time zones and changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.daemon.config.sync_file import WindowSpec
from reconciler.daemon.config.windows import is_open, next_opening


def window(opens: str, closes: str, zone: str = "UTC", *days: str) -> WindowSpec:
    """A window as the Sync file has it."""
    written = {"opens": opens, "closes": closes, "zone": zone}
    return WindowSpec.model_validate({**written, "days": list(days)} if days else written)


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OFFICE = window("08:00", "17:00", "Europe/Berlin", "mon", "tue", "wed", "thu", "fri")
NIGHT = window("22:00", "04:00", "UTC", "fri")
SPRING = window("02:30", "03:30", "Europe/Berlin")


@pytest.mark.parametrize(
    ("windows", "now", "expected"),
    [
        ([], "2026-11-25T12:00", True),
        ([OFFICE], "2026-11-25T07:00", True),
        ([OFFICE], "2026-11-25T06:59", False),
        ([OFFICE], "2026-11-25T16:00", False),
        ([OFFICE], "2026-11-28T12:00", False),
        # In summer Berlin is an hour further ahead.
        ([OFFICE], "2026-07-01T06:00", True),
        ([OFFICE], "2026-07-01T15:00", False),
        # A Friday's night ends on Saturday, and is not there on other mornings.
        ([NIGHT], "2026-11-27T23:00", True),
        ([NIGHT], "2026-11-28T03:59", True),
        ([NIGHT], "2026-11-28T04:00", False),
        ([NIGHT], "2026-11-27T03:00", False),
        ([OFFICE, NIGHT], "2026-11-27T22:30", True),
        # On 29 March 2026 the clocks go from 02:00 to 03:00, so that half of it is left.
        ([SPRING], "2026-03-29T01:29", False),
        ([SPRING], "2026-03-28T01:45", True),
    ],
)
def test_open(windows: list[WindowSpec], now: str, expected: bool) -> None:  # noqa: FBT001 (a column of the table)
    """From the opening on, up to the closing."""
    assert is_open(windows, at(now)) is expected


@pytest.mark.parametrize(
    ("windows", "now", "expected"),
    [
        ([], "2026-11-25T12:00", None),
        ([OFFICE], "2026-11-25T06:00", "2026-11-25T07:00"),
        ([OFFICE], "2026-11-27T12:00", "2026-11-30T07:00"),
        ([NIGHT], "2026-11-27T22:30", "2026-12-04T22:00"),
        ([OFFICE, NIGHT], "2026-11-27T12:00", "2026-11-27T22:00"),
    ],
)
def test_next_opening(windows: list[WindowSpec], now: str, expected: str | None) -> None:
    """The nearest of all windows."""
    assert next_opening(windows, at(now)) == (at(expected) if expected else None)
