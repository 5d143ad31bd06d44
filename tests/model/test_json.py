"""Helpers for JSON values: layering as Helm does it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.json import Json, JsonMap, dig, merge, text_at, with_path

VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
MAPS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": {"b": 1}}, {"a": 5}, {"a": 5}),
        ({"a": 5}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ],
    ids=["maps merge", "lists replace", "null stays", "scalar over map", "map over scalar"],
)
def test_layers_merge_as_helm_merges_them(base: JsonMap, over: JsonMap, merged: JsonMap) -> None:
    """Deeply for maps; a null is kept, since Helm reads it as "remove the default"."""
    assert merge(base, over) == merged


@given(MAPS, MAPS)
def test_a_layer_merged_twice_is_merged_once_and_no_layer_is_changed(base: JsonMap, over: JsonMap) -> None:
    """A layer may be used by several releases, so it has to stay as it is."""
    before = (repr(base), repr(over))
    once = merge(base, over)
    assert merge(once, over) == once
    assert (repr(base), repr(over)) == before


@pytest.mark.parametrize(
    ("path", "value"),
    [(("a", "b"), 1), (("a",), {"b": 1}), (("x",), None), (("a", "b", "c"), None), ((), {"a": {"b": 1}})],
    ids=str,
)
def test_dig_finds_what_is_there_and_none_elsewhere(path: tuple[str, ...], value: Json) -> None:
    """A step through what is no map is a miss, not an error."""
    assert dig({"a": {"b": 1}}, *path) == value


def test_text_at_gives_texts_only() -> None:
    """A number where a text is expected is as good as nothing."""
    assert text_at({"a": "x"}, "a") == "x"
    assert text_at({"a": 1}, "a") == ""


@given(MAPS, st.lists(st.sampled_from("abc"), min_size=1, max_size=3), st.integers())
def test_with_path_sets_one_value(values: JsonMap, path: list[str], number: int) -> None:
    """What was set is found there; the given map is untouched."""
    before = repr(values)
    assert dig(with_path(values, path, number), *path) == number
    assert repr(values) == before
