"""What releases are called in a file."""

from __future__ import annotations

import pytest

from reconciler.importing.keys import is_sound, release_keys
from reconciler.model.identity import ReleaseId


@pytest.mark.parametrize(
    ("namespace", "name", "sound"),
    [
        ("shop", "api", True),
        ("shop", "api.v1-x", True),
        ("shop", "../api", False),
        ("..", "api", False),
        ("shop", "", False),
        ("shop", "a" * 54, False),
        ("shop", "Api", False),
        ("shop", "api\n", False),
    ],
)
def test_sound_names(namespace: str, name: str, *, sound: bool) -> None:
    """Files are named so, and a server may say anything."""
    assert is_sound(ReleaseId("main", namespace, name)) is sound


def test_a_name_that_several_have_is_told_apart() -> None:
    """By the namespace, and by a number where even that is a name of its own, or too long."""
    long = "x" * 53
    names = [("a", "api"), ("b", "api"), ("c", "web"), ("d", "a-api"), ("e", long), ("f", long)]
    found = release_keys(ReleaseId("main", *pair) for pair in names)
    assert [found[ReleaseId("main", *pair)] for pair in names] == [
        "a-api-2",
        "b-api",
        "web",
        "a-api",
        f"e-{'x' * 51}",
        f"f-{'x' * 51}",
    ]
