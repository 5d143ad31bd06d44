"""Differences of values: exact, unlike those of objects."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.compare import differences, missing_from
from reconciler.model.json import Json
from reconciler.plan.values import changed

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values: st.SearchStrategy[Json] = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)
objects = st.dictionaries(st.text(), values)


@settings(max_examples=50, deadline=None)
@given(values)
def test_nothing_differs_from_itself(value: Json) -> None:
    """The same values are never a change."""
    assert list(changed(value, value)) == []


@settings(max_examples=50, deadline=None)
@given(values, values)
def test_what_differs_is_found_in_both_directions(one: Json, other: Json) -> None:
    """A difference is one seen from either side, at the same paths."""
    assert set(changed(one, other)) == set(changed(other, one))
    if one != other:
        assert list(changed(one, other))


@settings(max_examples=50, deadline=None)
@given(objects)
def test_an_object_lacks_nothing_of_itself(item: dict[str, Json]) -> None:
    """No object is a suspect, and none is shown as different, when it is exactly what was expected."""
    assert list(missing_from(item, item)) == []
    assert differences(item, item) == []
