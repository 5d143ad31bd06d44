"""The shape of what YAML, JSON and the API server exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Scalar = str | int | float | bool | None
Json = Scalar | Sequence["Json"] | Mapping[str, "Json"]
JsonMap = Mapping[str, Json]


def as_map(value: Json) -> JsonMap:
    """The value when it is a mapping, else an empty one: objects from a server may hold anything."""
    return value if isinstance(value, Mapping) else {}


def dig(value: Json, *path: str) -> Json:
    """The value below `path`, or None where any step is missing."""
    for step in path:
        value = as_map(value).get(step)
    return value


def text_at(value: Json, *path: str) -> str:
    """The string below `path`, or an empty one where it is missing or no string."""
    found = dig(value, *path)
    return found if isinstance(found, str) else ""


def number_at(value: Json, *path: str, default: int = 0) -> int:
    """The integer below `path`, or the default where it is missing or none."""
    found = dig(value, *path)
    return found if isinstance(found, int) else default


def maps_at(value: Json, *path: str) -> list[JsonMap]:
    """The maps in the list below `path`."""
    found = dig(value, *path)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def merge(base: JsonMap, over: JsonMap) -> dict[str, Json]:
    """Layer `over` on `base` as Helm layers values: maps merge deeply, lists and scalars replace.

    A null in `over` stays, since Helm itself reads it as "remove the chart's default".
    """
    merged = dict(base)
    for key, value in over.items():
        current = merged.get(key)
        both = isinstance(current, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(as_map(current), as_map(value)) if both else value
    return merged


def with_path(values: JsonMap, path: Sequence[str], value: Json) -> dict[str, Json]:
    """A copy of `values` in which the dotted `path` holds `value`."""
    nested: Json = value
    for step in reversed(path):
        nested = {step: nested}
    return merge(values, as_map(nested))
