"""What of live values stands in a file."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.importing.values import split
from reconciler.importing.variables import Variables
from reconciler.model.secret import SecretText


def test_a_secret_becomes_a_reference() -> None:
    """Its place stays, so that the values are the same when it is filled in."""
    made = split({"auth": {"password": "x"}, "a.b": {"token": "y"}, "c": 1}, "api", (), variables := Variables())
    assert made.values == {"auth": {}, "a.b": {}, "c": 1}
    assert made.references == {"auth.password": "API_AUTH_PASSWORD", "a\\.b.token": "API_A_B_TOKEN"}
    assert variables.meanings["API_AUTH_PASSWORD"] == "auth.password of release api"


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"users": [{"password": "x"}]}, "users[0].password"),
        ({"password": 5}, "password"),
        ({"a[0]": {"password": "x"}}, "a[0].password"),
        ({"a\\b": {"password": "x"}}, "a\\b.password"),
    ],
)
def test_what_can_be_no_reference_is_told(values: dict[str, Any], path: str) -> None:
    """In a list, no text, or below a key that a path cannot name."""
    part = split(values, "api", (), Variables())
    assert (part.exposed, part.references) == ((path,), {})


@pytest.mark.parametrize(
    ("values", "short"),
    [
        ({}, True),
        ({"a": 1, "b": "x", "c": {}, "d": []}, True),
        ({"a": {"b": 1}}, False),
        (dict.fromkeys("abcde"), False),
    ],
)
def test_few_plain_values_are_short(values: dict[str, Any], *, short: bool) -> None:
    """They are read more easily beside the release."""
    assert split(values, "api", (), Variables()).is_short is short


def test_names_of_variables() -> None:
    """Words apart, no other character; two secrets are never one variable, and one is not two."""
    variables = Variables()
    names = [variables.name(words, SecretText(text), "") for words, text in _ASKED]
    assert names == ["API_ADMIN_PASSWORD", "API_ADMIN_PASSWORD", "API_ADMIN_PASSWORD_2", "V_1_PASSWORD"]


_ASKED = (
    (["api", "adminPassword"], "x"),
    (["api", "admin-password"], "x"),
    (["api", "adminPassword"], "y"),
    (["1", "password"], "x"),
)
