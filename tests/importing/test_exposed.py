"""What looks like a secret and can be no reference is refused before anything is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import DesiredStateErrors
from reconciler.importing.exposed import refuse_exposed
from reconciler.importing.values import split
from reconciler.importing.variables import Variables
from tests.plan.factories import chart

LISTED = {"users": [{"password": "hunter2"}]}
DEFAULT = {"db": {"password": "hunter2"}, "port": 80}
IN_FILE, IN_ARCHIVE = "users[0].password of release api", "app:db.password"


def refused(values: dict[str, Any], defaults: dict[str, Any], *plain: str) -> list[str]:
    """What is named, of a release whose chart is rebuilt for two releases."""
    charts = [replace(chart(), defaults=defaults)] * 2
    try:
        refuse_exposed({"api": split(values, "api", plain, Variables())}, charts, plain)
    except DesiredStateErrors as several:
        return [error.message.rpartition(": ")[2] for error in several.errors]
    return []


@pytest.mark.parametrize(
    ("values", "defaults", "named"),
    [
        (DEFAULT, {"port": 80}, []),
        (LISTED, {}, [IN_FILE]),
        ({}, DEFAULT, [IN_ARCHIVE]),
        (LISTED, DEFAULT, [IN_FILE, IN_ARCHIVE]),
    ],
)
def test_what_would_stand_in_a_file(values: dict[str, Any], defaults: dict[str, Any], named: list[str]) -> None:
    """By its path, all at once and each once."""
    assert refused(values, defaults) == named


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("users[0].password", [IN_ARCHIVE]),
        ("db.password", [IN_FILE, IN_ARCHIVE]),
        ("other:*", [IN_FILE, IN_ARCHIVE]),
        ("app:db.*", [IN_FILE]),
        ("*", []),
    ],
)
def test_leave_for_a_value_is_none_for_a_default(pattern: str, named: list[str]) -> None:
    """A default is meant with its chart before it."""
    assert refused(LISTED, DEFAULT, pattern) == named
