"""Differences between objects; pure, and without any knowledge of a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.json import Json, JsonMap, as_map

Step = str | int
Path = tuple[Step, ...]

# Bookkeeping of the server, in no manifest and in nobody's interest.
_SERVER_FIELDS = frozenset({"managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"})
# By which key lists are matched, as the API's merge keys do: containers, ports, volumes, env, conditions.
_ITEM_KEYS = ("name", "containerPort", "port", "type", "key")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two objects differ; None where a side has nothing."""

    path: Path
    before: Json
    after: Json


def missing_from(expected: Json, live: Json, path: Path = ()) -> Iterator[Difference]:
    """Where `live` does not hold what is expected; what it holds beyond that is no difference.

    Lists have to match item by item. A suspect found so is no proof yet: the server knows more spellings of the
    same thing (quantities, orders, defaults), so it is asked before anything is said.
    """
    if isinstance(expected, dict):
        yield from _missing_from_map(expected, live, path)
    elif isinstance(expected, list) and isinstance(live, list) and len(expected) == len(live):
        for index, (item, live_item) in enumerate(zip(expected, live, strict=True)):
            yield from missing_from(item, live_item, (*path, index))
    elif not _fits(expected, live, path):
        yield Difference(path, live, expected)


def _fits(expected: Json, live: Json, path: Path) -> bool:
    """Whether a live value is the expected one. The server drops what is empty, but not what people name freely."""
    if isinstance(expected, bool) or isinstance(live, bool):
        return expected is live
    return expected == live or (not _is_free(path) and _is_empty(expected) and _is_empty(live))


def _is_free(path: Path) -> bool:
    """Whether the path is below labels, annotations or data, where an empty text is a value like any other."""
    return path[:2] in _FREE_METADATA or path[:1] in _FREE_DATA


_FREE_METADATA = (("metadata", "labels"), ("metadata", "annotations"))
_FREE_DATA = (("data",), ("binaryData",), ("stringData",))


def _missing_from_map(expected: JsonMap, live: Json, path: Path) -> Iterator[Difference]:
    if not isinstance(live, dict):
        # Empty as a whole: below labels or data, a map with empty texts in it is not.
        if not (live is None and _is_empty(expected) and not (expected and _is_free(path))):
            yield Difference(path, live, expected)
        return
    for key, value in expected.items():
        if (path == ("metadata",) and key in _SERVER_FIELDS) or (not path and key == "status"):
            continue
        yield from missing_from(value, live.get(key), (*path, key))


def differences(before: JsonMap, after: JsonMap) -> list[Difference]:
    """Where two versions of an object differ, the server's bookkeeping aside."""
    return list(_differences(meaningful(before), meaningful(after), ()))


def meaningful(item: JsonMap) -> JsonMap:
    """An object without status and the server's bookkeeping."""
    metadata = {key: value for key, value in as_map(item.get("metadata")).items() if key not in _SERVER_FIELDS}
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


def _differences(before: Json, after: Json, path: Path) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from _differences(before.get(key), after.get(key), (*path, key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_differences(before, after, path)
    elif not _same(before, after):
        yield Difference(path, before, after)


def _list_differences(before: Sequence[Json], after: Sequence[Json], path: Path) -> Iterator[Difference]:
    key = _item_key(before, after)
    if key:
        old, new = _by_key(before, key), _by_key(after, key)
        for name in dict.fromkeys([*old, *new]):
            yield from _differences(old.get(name), new.get(name), (*path, f"[{name}]"))
    elif len(before) == len(after):
        for index, (item, other) in enumerate(zip(before, after, strict=True)):
            yield from _differences(item, other, (*path, index))
    else:
        yield Difference(path, list(before), list(after))


def _item_key(before: Sequence[Json], after: Sequence[Json]) -> str | None:
    """The key that names every item of both lists uniquely, or None."""
    for key in _ITEM_KEYS:
        if all(_is_unique(items, key) for items in (before, after)):
            return key
    return None


def _is_unique(items: Sequence[Json], key: str) -> bool:
    names = [item.get(key) for item in items if isinstance(item, dict)]
    scalars = [name for name in names if isinstance(name, str | int)]
    return len(scalars) == len(items) == len(set(scalars))


def _by_key(items: Sequence[Json], key: str) -> dict[Json, Json]:
    return {as_map(item)[key]: item for item in items}


def _same(one: Json, other: Json) -> bool:
    """Equal as JSON: true is not 1, 1 is 1.0. Both sides are the server's own form, so empty is not absent."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other


def _is_empty(value: Json) -> bool:
    if isinstance(value, dict):
        return all(_is_empty(item) for item in value.values())
    return value is None or value in ("", [])


def show(path: Path) -> str:
    """`spec.containers[api].ports[0].name`; a key that holds a dot is quoted."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.startswith("["):
            text += step
        else:
            quoted = f'"{step}"' if "." in step else step
            text += f".{quoted}" if text else quoted
    return text
