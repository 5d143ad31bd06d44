"""How registries ask to be logged in to."""

from __future__ import annotations

import pytest

from reconciler.adapters.registry.challenge import BasicChallenge, BearerChallenge, Challenge, challenge_in

_BEARER = 'Bearer realm="https://auth.example.com/token",service="registry",scope="repository:a/b:pull,push"'
_EXPECTED = BearerChallenge("https://auth.example.com/token", "registry", "repository:a/b:pull,push")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("Negotiate", None),
        ('Basic realm="a, b"', BasicChallenge()),
        ("basic realm=plain", BasicChallenge()),
        (_BEARER, _EXPECTED),
        (_BEARER.replace("Bearer", "bearer"), _EXPECTED),
        (f'Basic realm="x", {_BEARER}', _EXPECTED),
        (f'{_BEARER}, Basic realm="x"', _EXPECTED),
        ('Bearer realm="https://a/t"', BearerChallenge("https://a/t", "", "")),
    ],
)
def test_a_challenge_is_read(header: str, expected: Challenge | None) -> None:
    """Commas in quotes separate nothing; of several challenges the token is preferred, in whatever order."""
    assert challenge_in(header) == expected
