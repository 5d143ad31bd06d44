"""Circles among the needs."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.graph import find_cycle


@pytest.mark.parametrize(
    ("needs", "cycle"),
    [
        ({}, None),
        ({"a": ["b"], "b": []}, None),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, None),
        ({"a": ["nobody"]}, None),
        ({"a": ["a"]}, ["a", "a"]),
        ({"a": ["b"], "b": ["a"]}, ["a", "b", "a"]),
        ({"x": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]}, ["a", "b", "c", "a"]),
    ],
    ids=["empty", "line", "diamond", "unknown name", "itself", "two", "behind a line"],
)
def test_a_circle_is_found_with_its_path(needs: dict[str, list[str]], cycle: list[str] | None) -> None:
    """The first name is repeated at the end; what leads to the circle is not in it."""
    assert find_cycle(needs) == cycle


def test_a_long_chain_is_fine() -> None:
    """No recursion: 100,000 releases in a row are walked."""
    chain = {str(i): [str(i + 1)] for i in range(100_000)}
    assert find_cycle(chain) is None
    cycle = find_cycle({**chain, "100000": ["0"]})
    assert cycle is not None
    assert len(cycle) == 100_002


@given(st.dictionaries(st.sampled_from("abcdefg"), st.lists(st.sampled_from("abcdefg"), max_size=4), max_size=7))
def test_what_is_found_is_a_circle_and_none_means_that_all_can_be_ordered(needs: dict[str, list[str]]) -> None:
    """Each name in the path needs the next; without one, taking away what needs nothing leaves nothing."""
    cycle = find_cycle(needs)
    if cycle:
        assert cycle[0] == cycle[-1]
        assert all(after in needs[name] for name, after in itertools.pairwise(cycle))
        return
    left = {name: set(wanted) & set(needs) for name, wanted in needs.items()}
    while left:
        free = {name for name, wanted in left.items() if not wanted}
        assert free
        left = {name: wanted - free for name, wanted in left.items() if name not in free}
