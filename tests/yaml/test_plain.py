"""Plain values: charts and manifests, read as Helm reads them."""

from __future__ import annotations

import helm_python
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.json import Json
from reconciler.yaml.compose import YamlError
from reconciler.yaml.plain import key_text, load, load_all, load_manifest

AS_HELM = {
    "block scalar at the end": "a: |\n  x\n",
    "block scalar without a line end": "a: |\n  x",
    "folded": "a: >-\n  x\n  y\n\n  z\n",
    "quoted": "a: \"\\x41\\u00e9\"\nb: 'it''s'\nc: \"yes\"\nd: '1'\n",
    "booleans": "a: yes\nb: off\nc: y\nd: =\n",
    "keys that are no texts": "1: a\ntrue: b\nyes: c\n0x10: d\n",
    "floats as keys": "1.10: a\n1e3: b\n1e6: c\n1234567.5: d\n3.14159265358979: e\n-0.0: f\n0.00001: g\n",
    "a key given twice": "a: 1\na: 2\n",
    "tags": "a: !!int '5'\nb: !!str 5\nc: !!bool yes\nd: !foo 5\ne: !!str yes\nf: !!str\ng: !!str ~\n",
    "aliases": "a: &x {b: [1]}\nc: *x\nd: &y\ne: *y\n",
    "merge": "x: &x {a: 1, b: 2}\nz: {<<: *x, b: 3}\n",
    "merge after a key": "x: &x {a: 1, b: 2}\nz: {b: 3, <<: *x}\n",
    "merge of several": "x: &x {a: 1}\nw: &w {a: 2, b: 2}\nz: {<<: [*x, *w]}\n",
    "empty values": "a:\nb: ''\nc: []\nd: {}\ne: {f}\n",
    "colons in flow collections": "a: {url: https://example.com:80}\nb: [0.0.0.0:80, --listen=:80, a:b]\n",
    "version directive": "%YAML 1.1\n---\na: yes\n",
    "timestamps": "a: 2020-01-01\nb: 2020-01-01T10:00:00Z\n",
}


@pytest.mark.parametrize("text", AS_HELM.values(), ids=AS_HELM)
def test_values_are_those_that_helm_reads(text: str) -> None:
    """Where Go's YAML and Python's differ, it is Go's reading."""
    assert load(text) == helm_python.values_from_yaml(text)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32) | st.floats(-1e9, 1e9))
def test_a_float_as_a_key_is_written_as_go_writes_it(number: float) -> None:
    """Go turns it into the shortest text of a 32-bit number; so do we, or objects would seem to differ."""
    text = f"{number!r}: a\n"
    assert load(text) == helm_python.values_from_yaml(text)


@pytest.mark.parametrize(
    ("key", "text"),
    [(True, "true"), (False, "false"), (5, "5"), (1.5, "1.5"), (1e39, ".inf"), (float("nan"), ".nan"), ("x", "x")],
    ids=repr,
)
def test_keys_become_texts(key: str | float | bool, text: str) -> None:  # noqa: FBT001 - one of the values under test
    """JSON has no other keys."""
    assert key_text(key) == text


@pytest.mark.parametrize(
    ("text", "values"),
    [("", []), ("---\n", [None]), ("a: 1\n---\n---\nb: 2\n", [{"a": 1}, None, {"b": 2}]), ("# only a comment\n", [])],
    ids=["empty", "an empty document", "three documents", "comment"],
)
def test_a_stream_holds_any_number_of_documents(text: str, values: list[Json]) -> None:
    """A template may render none, one, or several objects."""
    assert list(load_all(text)) == values


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("~: a\n", "null cannot be a key"),
        ("!!null '': a\n", "null cannot be a key"),
        ("? [a]\n: b\n", "a key has to be a text"),
        ("<<: 1\n", "map merge requires map or sequence of maps as the value"),
        ("<<: [{a: 1}, 2]\n", "map merge requires map or sequence of maps as the value"),
    ],
    ids=["null key", "tagged null key", "list as a key", "merge of a number", "merge of a mixed list"],
)
def test_what_json_cannot_hold_is_an_error(text: str, problem: str) -> None:
    """Helm refuses these as well."""
    with pytest.raises(YamlError, match=problem):
        load(text)
    with pytest.raises(helm_python.HelmError):
        helm_python.values_from_yaml(text)


def test_a_repeated_alias_of_a_large_value_is_within_bounds_until_it_is_not() -> None:
    """A thousand uses of an anchor are ordinary; the bound is on what they expand to."""
    anchor = "x: &x [" + "1, " * 99 + "1]\n"
    assert load(anchor + "y: [" + "*x, " * 900 + "]\n")
    with pytest.raises(YamlError, match="its aliases expand"):
        load(anchor + "y: [" + "*x, " * 1000 + "]\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("\n\n---\n\n  a: 1\n\n---\n---\n", [{"a": 1}]),
        ("a: |\n  x\n  --- y\n---\nb: 2", [{"a": "x\n--- y\n"}, {"b": 2}]),
        ("# only a comment\n", []),
        ("", []),
    ],
)
def test_a_rendered_template_is_cut_as_helm_cuts_it(text: str, expected: list[object]) -> None:
    """At `---`, with the white space around each part dropped."""
    assert [item for item in load_manifest(text) if item is not None] == expected


def test_a_part_that_is_indented_as_a_whole_is_refused_as_helm_refuses_it() -> None:
    """The first line loses its indentation, the others keep theirs."""
    with pytest.raises(YamlError):
        list(load_manifest("\n    a: 1\n    b: 2\n"))
