"""The composer: values of every shape, and bounds that hostile text cannot exceed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.yaml.compose import MAX_ALIASED, MAX_DEPTH, YamlError
from reconciler.yaml.plain import load, load_all

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)

REFUSED = {
    "200,000 brackets": ("[" * 200_000, (0, MAX_DEPTH), "nested more than 200 deep"),
    "200,000 braces": ("{a: " * 200_000, (0, MAX_DEPTH * 4), "nested more than 200 deep"),
    "200,000 dashes": ("- " * 200_000, (0, MAX_DEPTH * 2), "nested more than 200 deep"),
    "billion laughs": (LAUGHS, (4, 44), f"its aliases expand to more than {MAX_ALIASED:,} values"),
    "recursive alias": ("a: &a [*a]\n", (0, 7), "alias *a has no anchor before it"),
    "recursive map": ("a: &a {b: *a}\n", (0, 10), "alias *a has no anchor before it"),
    "unknown alias": ("a: *b\n", (0, 3), "alias *b has no anchor before it"),
    "alias of another document": ("a: &a 1\n---\nb: *a\n", (2, 3), "alias *a has no anchor before it"),
    "tab": ("a:\n\t- b\n", (1, 0), "found character that cannot start any token"),
    "unclosed quote": ("a: 'x\n", (1, 0), "found unexpected end of stream"),
    "unclosed bracket": ("a: [\n", (1, 0), "did not find expected node content"),
    "two colons": ("a: b: c\n", (0, 4), "mapping values are not allowed in this context"),
    "control character": ("a: \x01\n", (0, 0), "unacceptable character #x0001: control characters are not allowed"),
}


@pytest.mark.parametrize(("text", "place", "problem"), REFUSED.values(), ids=REFUSED)
def test_hostile_or_broken_text_ends_in_an_error_with_its_place(
    text: str, place: tuple[int, int], problem: str
) -> None:
    """No crash, no full memory: a YamlError that says what is wrong, and where."""
    with pytest.raises(YamlError) as caught:
        list(load_all(text))
    assert (caught.value.mark.line, caught.value.mark.column) == place
    assert caught.value.problem == problem


@pytest.mark.parametrize("opening", [("[", "]"), ("{a: ", "}")], ids=["sequences", "mappings"])
def test_nesting_up_to_the_bound_is_read(opening: tuple[str, str]) -> None:
    """What nests as deep as allowed is no error; one more is."""
    start, end = opening
    assert load(start * MAX_DEPTH + end * MAX_DEPTH) is not None
    with pytest.raises(YamlError):
        load(start * (MAX_DEPTH + 1) + end * (MAX_DEPTH + 1))


def test_aliases_do_not_add_depth_beyond_the_bound() -> None:
    """Ten steps that each nest an alias of the last one nest as deep as their sum."""
    step = "[" * 30 + "{}" + "]" * 30
    text = f"a0: &a0 {step.format(1)}\n" + "".join(f"a{i}: &a{i} {step.format(f'*a{i - 1}')}\n" for i in range(1, 10))
    with pytest.raises(YamlError, match="nested more than 200 deep"):
        load(text)


def test_places_count_characters_not_bytes() -> None:
    """A column after an umlaut is where an editor shows it."""
    with pytest.raises(YamlError) as caught:
        load("ä: é: x\n")
    assert caught.value.mark.column == 4


@given(st.text(max_size=60))
def test_any_text_is_values_or_an_error(text: str) -> None:
    """Nothing but YamlError ever leaves the reader."""
    with suppress(YamlError):
        list(load_all(text))


@given(st.text(alphabet="-[]{}:,&*!|>'\"?#ab1~ \n", max_size=60))
def test_any_text_of_yaml_marks_is_values_or_an_error(text: str) -> None:
    """The same for texts of the characters that mean something to YAML."""
    with suppress(YamlError):
        list(load_all(text))
