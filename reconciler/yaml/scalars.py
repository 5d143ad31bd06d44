"""How Go's YAML reads a plain scalar, since Helm and the API server read with it and Python does not.

The rules are those of `go.yaml.in/yaml/v2`, function `resolve`, which `sigs.k8s.io/yaml` uses: YAML 1.1 booleans
(`yes`, `on`, `y`), octal by a leading 0, `_` inside numbers, no base-60 numbers, timestamps stay text, and `=`
is an ordinary text. `tests/yaml/test_scalars.py` compares it with the Go implementation itself.
"""

from __future__ import annotations

import math
import re

from reconciler.model.json import Scalar

MERGE_KEY = "<<"

_TRUE = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_NULL = ("", "~", "null", "Null", "NULL")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(_TRUE, True),
    **dict.fromkeys(_FALSE, False),
    **dict.fromkeys(_NULL, None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_INTEGER = re.compile(r"([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?\Z|[-+]?[0-9]+\.([eE][-+]?[0-9]+)?\Z")
_POINT_FIRST = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?\Z")  # `_` only between digits
_INT64_MIN, _UINT64_MAX = -(2**63), 2**64 - 1
# 64 binary digits and their prefix. Python itself refuses to convert very long ones.
_LONGEST_INTEGER = 66


def resolve(text: str) -> Scalar:
    """The value of an unquoted scalar; a text that is nothing else is itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if text[0] == "." and not _POINT_FIRST.match(text):
        return text
    return _number(text.replace("_", ""), text)


def _number(plain: str, text: str) -> Scalar:
    match = _INTEGER.match(plain)
    if match and len(match[2]) <= _LONGEST_INTEGER:
        number = _integer(match[1], match[2])
        if _INT64_MIN <= number <= _UINT64_MAX:
            return number
    if _FLOAT.match(plain):
        value = float(plain)
        # Go refuses a number out of range, and what is refused stays a text.
        return text if math.isinf(value) else value
    return text


def _integer(sign: str, digits: str) -> int:
    lowered = digits.lower()
    if lowered[:2] in ("0x", "0b", "0o"):
        value = int(lowered, 0)
    elif lowered[0] == "0":
        value = int(lowered, 8)
    else:
        value = int(lowered)
    return -value if sign == "-" else value
