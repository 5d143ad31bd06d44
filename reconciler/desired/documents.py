"""Files as trees of nodes that remember where they were written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.errors import DesiredStateError, Location
from reconciler.model.json import Json, Scalar
from reconciler.yaml.compose import Builder, Extent, YamlError, compose
from reconciler.yaml.parsers import for_machines, for_people
from reconciler.yaml.plain import extent_of, key_text
from reconciler.yaml.scalars import MERGE_KEY


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A text, number, boolean or null; `text` is what stands in the file, `plain` that it has no quotes."""

    value: Scalar
    text: str
    plain: bool
    where: Location


@dataclass(frozen=True, slots=True)
class ListNode:
    """A sequence."""

    items: Sequence[Node]
    where: Location


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping; `keys` holds the place of each key."""

    entries: Mapping[str, Node]
    keys: Mapping[str, Location]
    where: Location


Node = ScalarNode | ListNode | MapNode
Step = str | int


def parse(text: str, path: str) -> Node:
    """The one document of a file; an empty file is an empty mapping. `path` is how messages name the file.

    The fast parser is asked first, and the exact one only when that refuses.

    Raises:
        DesiredStateError: no YAML, more than one document, a key given twice, or beyond the bounds.
    """
    documents = _try_fast(text, path)
    if documents is None:
        documents = _documents(text, path)
    if len(documents) > 1:
        raise DesiredStateError(
            "a second YAML document starts here; the file has to hold one",
            where=documents[1].where,
            hint="move it to a file of its own and name that under `extends`",
        )
    start = Location(path, 1, 1)
    root = documents[0] if documents else MapNode({}, {}, start)
    return MapNode({}, {}, start) if isinstance(root, ScalarNode) and root.value is None else root


def parse_all(text: str, path: str) -> list[Node]:
    """Every document of a file, by the exact parser; otherwise as `parse`."""
    return _documents(text, path)


def _try_fast(text: str, path: str) -> list[Node] | None:
    try:
        return list(compose(text, _builder(path), for_machines()))
    except YamlError:
        return None


def _documents(text: str, path: str) -> list[Node]:
    try:
        return list(compose(text, _builder(path), for_people()))
    except YamlError as error:
        where = Location(path, error.mark.line + 1, error.mark.column + 1)
        raise DesiredStateError(error.problem, where=where, hint=_yaml_hint(error.problem)) from error


def plain(node: Node) -> Json:
    """The bare values of a node."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {key: plain(item) for key, item in node.entries.items()}


def find(node: Node, path: Sequence[Step]) -> Node:
    """The node at `path`, or the deepest one on the way there."""
    for step in path:
        child = _child(node, step)
        if child is None:
            return node
        node = child
    return node


def place(node: Node, path: Sequence[Step]) -> Location:
    """Where `path` stands in the files: the key of an entry, else the deepest node on the way there."""
    parent = find(node, path[:-1])
    if path and isinstance(parent, MapNode) and path[-1] in parent.keys:
        return parent.keys[str(path[-1])]
    return find(node, path).where


def has(node: Node, path: Sequence[Step]) -> bool:
    """Whether something stands at `path`."""
    found: Node | None = node
    for step in path:
        found = _child(found, step) if found else None
    return found is not None


def _child(node: Node, step: Step) -> Node | None:
    if isinstance(node, MapNode):
        return node.entries.get(str(step))
    if isinstance(node, ListNode) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def _builder(path: str) -> Builder[Node]:
    def at(mark: Any) -> Location:
        return Location(path, mark.line + 1, mark.column + 1)

    def scalar(value: Scalar, text: str, is_plain: bool, mark: Any) -> Node:  # noqa: FBT001 - the Builder's shape
        where = at(mark)
        if isinstance(value, float) and not math.isfinite(value):
            raise DesiredStateError(f"{text} is no number that JSON, and so Helm, can hold", where=where)
        return ScalarNode(value, text, is_plain, where)

    def sequence(items: list[Node], mark: Any) -> Node:
        return ListNode(items, at(mark))

    def mapping(items: list[Node], mark: Any) -> Node:
        return _mapping(items, at(mark))

    return Builder(scalar, sequence, mapping, _extent)


def _mapping(items: list[Node], where: Location) -> MapNode:
    entries: dict[str, Node] = {}
    keys: dict[str, Location] = {}
    inherited: list[MapNode] = []
    for key, value in zip(items[::2], items[1::2], strict=True):
        name = _key(key)
        if name == MERGE_KEY and isinstance(key, ScalarNode) and key.plain:
            inherited += _merge_sources(value)
            continue
        if name in entries:
            first = keys[name]
            raise DesiredStateError(f'the key "{name}" is here twice, first in line {first.line}', where=key.where)
        entries[name], keys[name] = value, key.where
    for source in inherited:
        entries = {**source.entries, **entries}
        keys = {**source.keys, **keys}
    return MapNode(entries, keys, where)


def _key(node: Node) -> str:
    if not isinstance(node, ScalarNode):
        raise DesiredStateError("a key has to be a text, this is a list or a map", where=node.where)
    if node.value is None:
        raise DesiredStateError("a key is missing here", where=node.where)
    return key_text(node.value)


def _merge_sources(value: Node) -> list[MapNode]:
    sources = list(value.items) if isinstance(value, ListNode) else [value]
    maps = [source for source in sources if isinstance(source, MapNode)]
    if len(maps) != len(sources):
        raise DesiredStateError("`<<` takes a map, or a list of maps", where=value.where)
    return maps


def _extent(node: Node) -> Extent:
    if isinstance(node, ScalarNode):
        return Extent(1, 0)
    children = node.items if isinstance(node, ListNode) else node.entries.values()
    return extent_of([_extent(child) for child in children])


def _yaml_hint(problem: str) -> str | None:
    if "cannot start any token" in problem:
        return "indent with spaces, not tabs; put quotes around a text that starts with %, @ or `"
    if "mapping values are not allowed" in problem:
        return "put quotes around a text that holds a colon, and check the indentation"
    return None
