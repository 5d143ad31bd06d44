"""Mistakes, collected."""

from __future__ import annotations

import pytest

from reconciler.desired.problems import Problems, did_you_mean, unknown_key, unknown_name
from reconciler.errors import DesiredStateError, DesiredStateErrors, Location, ReconcilerError


def fail(error: ReconcilerError) -> None:
    """Raises it."""
    raise error


def test_all_are_raised_in_the_order_of_their_places_each_once() -> None:
    """Files by name, lines and columns by number."""
    problems = Problems()
    for path, line, column in [("b", 1, 1), ("a", 10, 1), ("a", 9, 2), ("a", 9, 10), ("a", 9, 2)]:
        problems.add("wrong", Location(path, line, column), "hint")
    with pytest.raises(DesiredStateErrors) as caught:
        problems.raise_all()
    assert [str(error.where) for error in caught.value.errors] == ["a:9:2", "a:9:10", "a:10:1", "b:1:1"]
    assert str(caught.value).splitlines()[:2] == ["a:9:2: wrong", "  try: hint"]


def test_without_any_nothing_is_raised() -> None:
    """A valid file goes on."""
    Problems().raise_all()


@pytest.mark.parametrize(
    "raised",
    [DesiredStateError("one"), DesiredStateErrors([DesiredStateError("one")])],
    ids=["one", "several"],
)
def test_what_is_raised_inside_is_noted_and_the_rest_goes_on(raised: ReconcilerError) -> None:
    """Be it one mistake or several."""
    problems = Problems()
    with problems.collecting():
        fail(raised)
    problems.add("two", Location("a", 1, 1))
    with pytest.raises(DesiredStateErrors) as caught:
        problems.raise_all()
    assert [error.message for error in caught.value.errors] == ["one", "two"]


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("replcas", ["release", "replicas"], 'did you mean "replicas"?'),
        ("zzz", ["release"], None),
        ("a", [], None),
    ],
    ids=["near", "far", "nothing known"],
)
def test_the_nearest_name_is_asked_for(name: str, known: list[str], hint: str | None) -> None:
    """Only when it is near."""
    assert did_you_mean(name, known) == hint


@pytest.mark.parametrize(
    ("known", "hint"),
    [
        (["main"], "known: main"),
        ([], "there is no cluster in this file yet"),
        ([f"c{i}" for i in range(9)], "known: c0, c1, c2, c3, c4, c5, c6, c7, …"),
    ],
    ids=["few", "none", "many"],
)
def test_an_unknown_name_is_answered_with_the_known_ones(known: list[str], hint: str) -> None:
    """Not with all of a hundred."""
    assert unknown_name("cluster", "zzz", known) == ('there is no cluster "zzz"', hint)


@pytest.mark.parametrize(
    ("known", "hint"),
    [(["password", "user"], 'did you mean "password"?'), (["user"], "known: user"), ([], None)],
    ids=["near", "far", "none"],
)
def test_an_unknown_key_is_answered_with_the_keys_at_that_step(known: list[str], hint: str | None) -> None:
    """The message has the whole path, the hint the step that is wrong."""
    assert unknown_key("a.yaml", "db.pasword", "pasword", known) == ('a.yaml has no key "db.pasword"', hint)
