"""Objects as YAML that other programs read back as they were."""

from __future__ import annotations

import helm_python
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.json import Json, JsonMap
from reconciler.model.secret import MASK, Mask, SecretText
from reconciler.report.objects import objects_yaml
from reconciler.yaml.plain import load_all
from tests.plan.factories import API, config_map

AMBIGUOUS = [
    *("yes", "no", "on", "off", "y", "n", "true", "True", "null", "Null", "~", "", "=", "<<", "-", "?", ":", "#"),
    *("010", "0x10", "0o10", "0b1", "1e3", "1_000", "1.", ".5", "+1", "-0", "12:30:45", "2020-01-01", ".nan", ".inf"),
    *("- a", "a: b", "a #b", "a:", "'", '"', "!tag", "&anchor", "*alias", "%x", "@x", "`x`", "{a}", "[a]", ","),
    *("two\nlines", "end\n", "ends\n\n", "\nstart", " space", "space ", "tab\t", "\t", "a\rb", "\x07", "\u2028", "🚀"),
    *("---", "...", "--- a", "a\n---\nb", "x" * 5000, "1" * 30, "\\n", "\x85", "\ufeff", "key: |\n  x"),
]


def read(text: str) -> list[Json]:
    """What our own reader finds."""
    return list(load_all(text))


@pytest.mark.parametrize("text", AMBIGUOUS, ids=[repr(text)[:20] for text in AMBIGUOUS])
def test_texts_stay_texts(text: str) -> None:
    """As values and as keys, for our reader and for Go's, which reads YAML as Helm and kubectl do."""
    # `<<` as a key is a merge for our reader, quoted or not.
    item = {**config_map(text=text), "items": [text, [text]], "map": {text.replace("<<", "<"): 1}}
    shown = objects_yaml([(API, (item,))], Mask())
    assert read(shown) == [item]
    assert helm_python.values_from_yaml(shown) == item


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
        # `<<` as a key is a merge for our reader, quoted or not.
        lambda inner: st.lists(inner) | st.dictionaries(TEXTS.filter(lambda text: text != "<<"), inner),
        max_leaves=8,
    )
)
def test_any_object_is_read_back(value: Json) -> None:
    """By our reader, which reads as Go does."""
    item: JsonMap = {"kind": "ConfigMap", "value": value}
    assert read(objects_yaml([(API, (item,))], Mask())) == [item]


@pytest.mark.parametrize("number", [0, -1, 0.5, 1e21, 1.5e-7, 12345678901, True, None])
def test_scalars_stay_what_they_are(number: Json) -> None:
    """Numbers, booleans and null are not quoted."""
    item: JsonMap = {"kind": "X", "value": number}
    shown = objects_yaml([(API, (item,))], Mask())
    assert read(shown) == [item]
    assert helm_python.values_from_yaml(shown) == item


def test_the_stream() -> None:
    """Exactly this: each document says whose it is; keys stay in the chart's order; nothing is an anchor."""
    labels: JsonMap = {"z": "1", "a": "2"}
    item: JsonMap = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"labels": labels, "annotations": labels}}
    assert objects_yaml([(API, (item, {"kind": "B", "empty": {}, "list": []}))], Mask()) == (
        "---\n"
        "# shop/api [main]\n"
        "kind: ConfigMap\n"
        "apiVersion: v1\n"
        "metadata:\n"
        "  labels:\n"
        "    z: '1'\n"
        "    a: '2'\n"
        "  annotations:\n"
        "    z: '1'\n"
        "    a: '2'\n"
        "---\n"
        "# shop/api [main]\n"
        "kind: B\n"
        "empty: {}\n"
        "list: []"
    )


def test_nothing_rendered() -> None:
    """An empty stream."""
    assert objects_yaml([], Mask()) == ""


def test_secrets_are_masked() -> None:
    """The data of every Secret, and known secrets in anything else."""
    secret: JsonMap = {"apiVersion": "v1", "kind": "Secret", "data": {"a": "b2xk"}, "stringData": {"b": "unknown"}}
    shown = objects_yaml(
        [(API, (secret, config_map(url="db://s3cret-password@h")))], Mask.of([SecretText("s3cret-password")])
    )
    assert read(shown) == [
        {**secret, "data": {"a": MASK}, "stringData": {"b": MASK}},
        config_map(url=f"db://{MASK}@h"),
    ]
