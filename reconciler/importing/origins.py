"""Where the entries of a new file come from: a mistake in one is shown there, since the file is not written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.desired.documents import ListNode, MapNode, Node, ScalarNode
from reconciler.errors import Location

Origins = Mapping[str, Mapping[str, Location]]
"""Section → key of an entry → the place that it comes from."""
UNKNOWN: Origins = {}


def at_origins(root: MapNode, origins: Origins) -> MapNode:
    """The file, with its entries at the places that they come from, as far as these are known."""
    sections = {name: _section(node, origins.get(name, {})) for name, node in root.entries.items()}
    return replace(root, entries=sections)


def _section(node: Node, places: Mapping[str, Location]) -> Node:
    if not isinstance(node, MapNode):
        return node
    entries = {key: _moved(item, places[key]) if key in places else item for key, item in node.entries.items()}
    return replace(node, entries=entries, keys={**node.keys, **places})


def _moved(node: Node, where: Location) -> Node:
    if isinstance(node, ScalarNode):
        return replace(node, where=where)
    if isinstance(node, ListNode):
        return ListNode([_moved(item, where) for item in node.items], where)
    entries = {key: _moved(item, where) for key, item in node.entries.items()}
    return MapNode(entries, dict.fromkeys(entries, where), where)
