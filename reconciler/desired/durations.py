"""Durations as Go and Helm write them."""

from __future__ import annotations

import re

_LONGEST = 366 * 24 * 3600.0
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|m|s)")
DURATION_PATTERN = r"^([0-9]+(\.[0-9]+)?(h|m|s))+$"


def parse_duration(text: str) -> float:
    """Seconds of a text such as `90s`, `5m` or `1h30m`.

    Raises:
        ValueError: the text is no duration, or is less than a second or more than a year.
    """
    if not re.match(DURATION_PATTERN, text):
        raise ValueError("a duration such as 90s, 5m or 1h30m; or 0 to wait for ever")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if seconds > _LONGEST:
        raise ValueError("a duration of at most a year; or 0 to wait for ever")
    if seconds < 1:
        raise ValueError("a duration of at least 1s; or 0, without a unit, to wait for ever")
    return seconds
