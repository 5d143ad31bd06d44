"""YAML to plain values: what a chart or a release's manifest holds."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from reconciler.model.json import Json, Scalar
from reconciler.yaml.compose import Builder, Extent, Mark, YamlError, compose
from reconciler.yaml.parsers import for_machines
from reconciler.yaml.scalars import MERGE_KEY

# So many digits tell any two 32-bit numbers apart.
_SINGLE_DIGITS = 10


def load_all(text: str) -> Iterator[Json]:
    """Every document of a stream, read as Helm reads it; of a key given twice the last one holds.

    Raises:
        YamlError: the text is no YAML, or exceeds a bound.
    """
    return compose(text, _BUILDER, for_machines())


def load_manifest(text: str) -> Iterator[Json]:
    """Every document of a rendered template, cut as Helm cuts it: at lines of `---`, white space around each dropped.

    A document that is indented as a whole is malformed then, since its first line loses the indentation.
    The rule is `SplitManifests` of helm.sh/helm/v4/pkg/release/v1/util. Raises YamlError; its line counts in the part.
    """
    for part in _SEPARATOR.split(text.strip()):
        yield from load_all(f"{part.strip()}\n")


def load(text: str) -> Json:
    """The first document of a stream, or None where there is none. Raises YamlError."""
    return next(load_all(text), None)


def key_text(key: Scalar) -> str:
    """A key as JSON holds it: Go turns numbers and booleans into texts.

    Raises:
        TypeError: null cannot be a key.
    """
    if isinstance(key, bool):
        return "true" if key else "false"
    if key is None:
        raise TypeError("null cannot be a key")
    return _float_key(key) if isinstance(key, float) else str(key)


def _float_key(key: float) -> str:
    """As Go's strconv.FormatFloat(key, 'g', -1, 32): the fewest digits that give the same 32-bit number."""
    single = _single(key)
    if not math.isfinite(single):
        return ".nan" if math.isnan(single) else ".inf" if single > 0 else "-.inf"
    texts = (f"{single:.{digits}e}" for digits in range(_SINGLE_DIGITS))
    shortest = next(text for text in texts if _single(float(text)) == single)
    exponent = int(shortest.partition("e")[2])
    return format(Decimal(shortest), "f") if -4 <= exponent < 6 else shortest  # noqa: PLR2004 - Go's own bounds


def _single(number: float) -> float:
    """The nearest 32-bit number."""
    return ctypes.c_float(number).value


def extent_of(parts: list[Extent]) -> Extent:
    """The extent of a container from those of what it holds."""
    return Extent(1 + sum(part.count for part in parts), 1 + max((part.depth for part in parts), default=0))


def _scalar(value: Scalar, _text: str, _plain: bool, _mark: Any) -> Json:  # noqa: FBT001 - the Builder's shape
    return value


def _sequence(items: list[Json], _mark: Any) -> Json:
    return items


def _mapping(items: list[Json], mark: Any) -> Json:
    values: dict[str, Json] = {}
    for key, value in zip(items[::2], items[1::2], strict=True):
        if type(key) is not str:
            values[_key(key, mark)] = value
        elif key == MERGE_KEY:
            # As Go does, and against the specification: what is merged wins over the keys before it.
            values |= _merge_sources(value, mark)
        else:
            values[key] = value
    return values


def _merge_sources(value: Json, mark: Any) -> dict[str, Json]:
    sources = value if isinstance(value, list) else [value]
    merged: dict[str, Json] = {}
    for source in sources:
        if not isinstance(source, dict):
            raise YamlError("map merge requires map or sequence of maps as the value", _place(mark))
        merged = {**source, **merged}
    return merged


def _key(key: Json, mark: Any) -> str:
    if isinstance(key, list | dict):
        raise YamlError("a key has to be a text", _place(mark))
    try:
        return key_text(key)  # type: ignore[arg-type]  # sequences and mappings were refused above
    except TypeError as error:
        raise YamlError(str(error), _place(mark)) from error


def _place(mark: Any) -> Mark:
    return Mark(mark.line, mark.column)


def _extent(value: Json) -> Extent:
    if isinstance(value, list):
        return extent_of([_extent(item) for item in value])
    if isinstance(value, dict):
        return extent_of([_extent(item) for item in value.values()])
    return Extent(1, 0)


_SEPARATOR = re.compile(r"(?:^|\s*\n)---\s*")
_BUILDER: Builder[Json] = Builder(_scalar, _sequence, _mapping, _extent)
