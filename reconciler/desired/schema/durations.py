"""Durations in the file: with and without an end."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from reconciler.desired.durations import DURATION_PATTERN, parse_duration

_TEXT = {"type": "string", "pattern": DURATION_PATTERN}


def _wait(value: Any) -> Any:
    return _duration(value, "a duration such as 90s, 5m or 1h30m; or 0 to wait for ever")


def _duration(value: Any, expected: str) -> Any:
    if isinstance(value, str):
        return parse_duration(value)
    if value == 0 and not isinstance(value, bool):
        return 0.0
    raise ValueError(expected)


Duration = Annotated[float, BeforeValidator(_wait), WithJsonSchema({"anyOf": [_TEXT, {"const": 0}]})]


def _ready(value: Any) -> Any:
    return value if value is False else _duration(value, "a duration such as 90s or 5m; 0: for ever; false: not at all")


Ready = Annotated[
    float | bool, BeforeValidator(_ready), WithJsonSchema({"anyOf": [_TEXT, {"const": 0}, {"const": False}]})
]


def _limit(value: Any) -> Any:
    if isinstance(value, str):
        return parse_duration(value)
    raise ValueError("a duration such as 90s, 5m or 1h30m")


Limit = Annotated[float, BeforeValidator(_limit), WithJsonSchema(_TEXT)]
