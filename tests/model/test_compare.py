"""Differences between objects."""

from __future__ import annotations

import pytest
from hypothesis import given

from reconciler.model.compare import Difference, differences, missing_from, show
from reconciler.model.json import Json, JsonMap
from tests.model.test_json import MAPS


@pytest.mark.parametrize(
    ("expected", "live"),
    [
        ({"spec": {"a": 1}}, {"spec": {"a": 1, "b": 2}, "status": {"c": 3}}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": {}}, {}),
        ({"a": [], "b": "", "c": None, "d": {"e": []}}, {}),
        ({"metadata": {"creationTimestamp": None, "name": "x"}}, {"metadata": {"name": "x"}}),
        ({"status": {"x": 1}}, {"status": {"x": 2}}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "default": True}]}),
    ],
    ids=["more live", "1 is 1.0", "empty map", "all kinds of empty", "server fields", "status", "defaults in lists"],
)
def test_live_may_hold_more_than_expected(expected: JsonMap, live: JsonMap) -> None:
    """Defaults, status, and what others add are no difference."""
    assert list(missing_from(expected, live)) == []


@pytest.mark.parametrize(
    ("expected", "live", "path", "before", "after"),
    [
        ({"a": 1}, {"a": 2}, ("a",), 2, 1),
        ({"a": 1}, {}, ("a",), None, 1),
        ({"a": True}, {"a": 1}, ("a",), 1, True),
        ({"a": "1"}, {"a": 1}, ("a",), 1, "1"),
        ({"a": {"b": 1}}, {"a": [1]}, ("a",), [1], {"b": 1}),
        ({"a": [1, 2]}, {"a": [1]}, ("a",), [1], [1, 2]),
        ({"a": [1, 2]}, {"a": [1, 3]}, ("a", 1), 3, 2),
        ({"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": 2}]}}, ("a", "b", 0, "c"), 2, 1),
    ],
    ids=["changed", "missing", "true is not 1", "text is no number", "kind", "list length", "item", "nested"],
)
def test_what_live_lacks_is_a_difference(
    expected: JsonMap, live: JsonMap, path: tuple[str | int, ...], before: Json, after: Json
) -> None:
    """With its path, the live value and the expected one."""
    assert list(missing_from(expected, live)) == [Difference(path, before, after)]


@given(MAPS)
def test_an_object_does_not_differ_from_itself(item: JsonMap) -> None:
    """Run twice, the second yields nothing."""
    assert list(missing_from(item, item)) == []
    assert differences(item, item) == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": 1}, {"b": 1}, [("a", 1, None), ("b", None, 1)]),
        (
            {"c": [{"name": "x", "image": "1"}, {"name": "y", "image": "1"}]},
            {"c": [{"name": "y", "image": "1"}, {"name": "x", "image": "2"}]},
            [("c[x].image", "1", "2")],
        ),
        (
            {"c": [{"name": "x"}]},
            {"c": [{"name": "x"}, {"name": "y"}]},
            [("c[y]", None, {"name": "y"})],
        ),
        ({"p": [{"port": 80, "a": 1}]}, {"p": [{"port": 80, "a": 2}]}, [("p[80].a", 1, 2)]),
        ({"l": [1, 2]}, {"l": [1, 3]}, [("l[1]", 2, 3)]),
        ({"l": [1, 2]}, {"l": [1]}, [("l", [1, 2], [1])]),
        ({"l": [{"name": "x"}, {"name": "x"}]}, {"l": [{"name": "x"}]}, [("l", [{"name": "x"}] * 2, [{"name": "x"}])]),
        ({"status": 1}, {"status": 2}, []),
        ({"metadata": {"uid": "1", "resourceVersion": "2"}}, {"metadata": {}}, []),
        ({"metadata": {"labels": {"a.b/c": "1"}}}, {"metadata": {}}, [("metadata.labels", {"a.b/c": "1"}, None)]),
    ],
    ids=[
        "changed",
        "moved",
        "list by name, in another order",
        "item added",
        "list by port",
        "list by position",
        "shorter list",
        "names twice",
        "status",
        "bookkeeping",
        "map removed",
    ],
)
def test_two_versions_of_an_object_differ_where_a_person_would_say(
    before: JsonMap, after: JsonMap, found: list[tuple[str, Json, Json]]
) -> None:
    """Lists are matched by the keys that the API merges them by."""
    assert [(show(item.path), item.before, item.after) for item in differences(before, after)] == found


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "containers", "[api]", "ports", 0, "name"), "spec.containers[api].ports[0].name"),
        (("metadata", "labels", "a.b/c"), 'metadata.labels."a.b/c"'),
        (("a.b",), '"a.b"'),
        ((), ""),
    ],
    ids=str,
)
def test_paths_are_shown_as_people_write_them(path: tuple[str | int, ...], text: str) -> None:
    """A key that holds a dot is quoted."""
    assert show(path) == text
