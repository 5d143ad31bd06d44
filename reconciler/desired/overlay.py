"""Layers: an environment `extends` others; maps merge deeply, lists replace, null removes.

Nodes keep their places through a merge, so any value can be traced to the layer that gave it.
"""

from __future__ import annotations

from collections.abc import Callable

from reconciler.desired.documents import ListNode, MapNode, Node, ScalarNode, parse
from reconciler.errors import DesiredStateError, Location

Read = Callable[[str, Location | None], tuple[str, str]]
"""A path as written, and where it stands → the path that messages use, and the text. Raises DesiredStateError."""


def load_layers(path: str, read: Read) -> MapNode:
    """The environment file with everything that it extends, merged; the file itself wins.

    Raises:
        DesiredStateError: a file that is missing, malformed, or that extends itself.
    """
    return _load(path, None, read, ())


def merge(base: Node, over: Node) -> Node:
    """`over` on top of `base`."""
    if not (isinstance(base, MapNode) and isinstance(over, MapNode)):
        return over
    entries, keys = dict(base.entries), dict(base.keys)
    for key, node in over.entries.items():
        if isinstance(node, ScalarNode) and node.value is None:
            entries.pop(key, None)
            keys.pop(key, None)
            continue
        entries[key] = merge(entries[key], node) if key in entries else node
        keys[key] = over.keys[key]
    return MapNode(entries, keys, over.where)


def _load(path: str, where: Location | None, read: Read, chain: tuple[str, ...]) -> MapNode:
    shown, text = read(path, where)
    if shown in chain:
        cycle = " → ".join((*chain[chain.index(shown) :], shown))
        raise DesiredStateError(f"`extends` goes in a circle: {cycle}", where=where)
    root = parse(text, shown)
    if not isinstance(root, MapNode):
        raise DesiredStateError("an environment is a map of keys, this is something else", where=root.where)
    return _extended(root, read, (*chain, shown))


def _extended(root: MapNode, read: Read, chain: tuple[str, ...]) -> MapNode:
    merged: Node = MapNode({}, {}, root.where)
    for name in _extends(root):
        merged = merge(merged, _load(name.text, name.where, read, chain))
    merged = merge(merged, root)
    assert isinstance(merged, MapNode)  # noqa: S101 - both sides are maps, so their merge is one
    return merged


def _extends(root: MapNode) -> list[ScalarNode]:
    node = root.entries.get("extends", ListNode([], root.where))
    names = list(node.items) if isinstance(node, ListNode) else [node]
    texts = [name for name in names if isinstance(name, ScalarNode) and isinstance(name.value, str)]
    if len(texts) != len(names):
        raise DesiredStateError("`extends` takes a list of file names", where=node.where)
    return texts
