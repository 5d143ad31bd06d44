"""Plain scalars: the rules, and the Go implementation itself as a second opinion."""

from __future__ import annotations

import math
from typing import Any

import helm_python
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from reconciler.model.json import Scalar
from reconciler.yaml.scalars import resolve

RULES: dict[str, Scalar] = {
    "": None,
    "~": None,
    "null": None,
    "nULL": "nULL",
    "yes": True,
    "Off": False,
    "y": True,
    "N": False,
    "yEs": "yEs",
    "=": "=",
    "<<": "<<",
    "2020-01-01": "2020-01-01",
    "12:30:45": "12:30:45",
    "1.2.3": "1.2.3",
    "007": 7,
    "08": 8.0,
    "0o17": 15,
    "0b11": 3,
    "0x1F": 31,
    "-0x1f": -31,
    "+1": 1,
    "1_000": 1000,
    "1.50": 1.5,
    "1.": 1.0,
    ".5": 0.5,
    "._1": "._1",
    "1e3": 1000.0,
    "1e400": "1e400",
    "-": "-",
    "0x": "0x",
    "9223372036854775808": 2**63,
    "18446744073709551616": 2.0**64,
    ".inf": math.inf,
    "-.Inf": -math.inf,
    "inf": "inf",
    "nan": "nan",
}


@pytest.mark.parametrize(("text", "value"), RULES.items(), ids=repr)
def test_a_plain_scalar_is_what_the_rules_say(text: str, value: Scalar) -> None:
    """Each rule of Go's `resolve` by an example; the type counts too."""
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_one_value() -> None:
    """`.nan` is a float."""
    found = resolve(".nan")
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize("text", ["1" * 5000, "-" + "7" * 5000, "1" * 300], ids=["huge", "negative", "finite"])
def test_a_number_of_any_length_is_read(text: str) -> None:
    """Python refuses to convert very long integers; Go takes them for a float, or for text when out of range."""
    value = float(text)
    assert resolve(text) == (text if math.isinf(value) else value)


def _go(text: str) -> Any:
    """What Helm's own reader makes of `a: text`."""
    return helm_python.values_from_yaml(f"a: {text}\n")["a"]


def _same(go: Any, ours: Scalar) -> bool:
    # Go hands numbers over as JSON, where 1.0 is 1 and large integers are floats.
    if isinstance(go, int | float) and isinstance(ours, int | float) and not isinstance(go, bool):
        return not isinstance(ours, bool) and float(go) == float(ours)
    return type(go) is type(ours) and bool(go == ours)


@pytest.mark.parametrize("text", [text for text in RULES if text not in (".inf", "-.Inf", "-", "<<")])
def test_the_rules_are_those_of_go(text: str) -> None:
    """The table above is no opinion of ours: Helm reads each example the same way."""
    assert _same(_go(text), resolve(text))


@given(st.text(alphabet="0123456789_+-.eExXobnaNyYfFiIlL=~:<", min_size=1, max_size=8))
@example("18446744073709551615")
@example("1" * 400)
@example("0b" + "1" * 65)
def test_any_plain_scalar_is_read_as_go_reads_it(text: str) -> None:
    """Random texts from the letters that numbers, booleans and nulls are made of: one reading in both."""
    assume(": " not in text and not text.endswith(":") and text not in ("-", "---", "<<") and text[0] != ":")
    ours = resolve(text)
    try:
        go = _go(text)
    except helm_python.HelmError:
        # JSON has no NaN and no infinity, so Go reads them and then refuses.
        assert isinstance(ours, float)
        assert not math.isfinite(ours)
        return
    assert _same(go, ours)
