"""Layers of values, and where each value was written."""

from __future__ import annotations

import pytest

from reconciler.desired.documents import MapNode, Step, parse, plain
from reconciler.desired.values import Layer, ValuePlaces, merge_layers, split_path
from reconciler.errors import Location
from reconciler.model.json import as_map

FALLBACK = Location("env.yaml", 1, 1)
PINNED = Location("env.yaml", 9, 9)


def layer(text: str, path: str) -> Layer:
    """A layer of values as if read from a file."""
    node = parse(text, path)
    assert isinstance(node, MapNode)
    return Layer(node, as_map(plain(node)))


LAYERS = (
    layer("a:\n  b: 1\n  c: 2\nlist:\n  - x: 1\n  - x: 2\ngone: 1\n", "low.yaml"),
    layer("a:\n  c: 3\nmap: {d: 1}\n", "high.yaml"),
)


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (("a", "b"), "low.yaml:2:3"),
        (("a", "c"), "high.yaml:2:3"),
        (("a",), "high.yaml:1:1"),
        (("a", "new"), "high.yaml:1:1"),
        (("list", 1, "x"), "low.yaml:6:5"),
        (("list", 1), "low.yaml:6:5"),
        (("list", 7), "low.yaml:4:1"),
        (("map", "d"), "high.yaml:3:7"),
        (("map", "d", "deeper"), "high.yaml:3:7"),
        (("secret", "link"), "env.yaml:9:9"),
        (("secret", "link", "deeper"), "env.yaml:9:9"),
        (("secret",), "env.yaml:1:1"),
        (("nowhere",), "env.yaml:1:1"),
        ((), "env.yaml:1:1"),
    ],
    ids=str,
)
def test_a_value_is_placed_in_the_layer_that_gave_it(path: tuple[Step, ...], where: str) -> None:
    """The highest layer that has it; else the nearest thing around it; else the release."""
    places = ValuePlaces(LAYERS, {("secret", "link"): PINNED}, FALLBACK)
    assert str(places.at(path)) == where


def test_a_reference_wins_over_every_layer() -> None:
    """The value is its, so the mistake is too."""
    assert ValuePlaces(LAYERS, {("a", "c"): PINNED}, FALLBACK).at(("a", "c")) == PINNED


def test_layers_are_merged_in_order() -> None:
    """No layer is an empty map; the layers themselves stay as they are."""
    assert merge_layers([]) == {}
    assert merge_layers(LAYERS) == {
        "a": {"b": 1, "c": 3},
        "list": [{"x": 1}, {"x": 2}],
        "gone": 1,
        "map": {"d": 1},
    }
    assert LAYERS[0].values["a"] == {"b": 1, "c": 2}


@pytest.mark.parametrize(
    ("dotted", "path"),
    [
        ("a", ("a",)),
        ("a.b.c", ("a", "b", "c")),
        (r"a.b\.c/d", ("a", "b.c/d")),
        ("", ("",)),
    ],
    ids=repr,
)
def test_a_dotted_path_is_written_as_for_helm(dotted: str, path: tuple[str, ...]) -> None:
    """A backslash keeps a dot."""
    assert split_path(dotted) == path
