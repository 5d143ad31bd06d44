"""Times in which changes may be applied. Pure: the time is given, and time zones are those of the machine's tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reconciler.daemon.config.sync_file import KeepSpec, WindowSpec

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A window opens within a week, and a day more for the zone.
_AHEAD = 9


def may_change(keep: KeepSpec, now: datetime) -> bool:
    """Whether changes may be applied, by the way an environment is kept; suspension is not looked at."""
    return not keep.dry_run and is_open(keep.windows, now)


def is_open(windows: Sequence[WindowSpec], now: datetime) -> bool:
    """Whether changes may be applied; always where there are no windows."""
    return not windows or any(
        opens <= now < closes for window in windows for opens, closes in _around(window, now, days=1)
    )


def next_opening(windows: Sequence[WindowSpec], now: datetime) -> datetime | None:
    """When the next one opens after `now`, in UTC; None: there are no windows."""
    coming = [opens for window in windows for opens, _ in _around(window, now, days=_AHEAD) if opens > now]
    return min(coming, default=None)


def _around(window: WindowSpec, now: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
    """The times of a window from yesterday on, in UTC: one that began yesterday may be open still."""
    zone = ZoneInfo(window.zone)
    opens, closes = time.fromisoformat(window.opens), time.fromisoformat(window.closes)
    today = now.astimezone(zone).date()
    for offset in range(-1, days + 1):
        day = today + timedelta(days=offset)
        if _DAYS[day.weekday()] in window.days:
            ends = day if opens < closes else day + timedelta(days=1)
            yield _instant(day, opens, zone), _instant(ends, closes, zone)


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A time of the wall in UTC. One that a change of the clocks skips is taken as if the clocks had not changed; of
    one that comes twice, the first is meant (PEP 495)."""
    return datetime.combine(day, at, zone).astimezone(UTC)
