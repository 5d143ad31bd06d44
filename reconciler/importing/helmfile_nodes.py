"""What stands in the nodes of a helmfile, by key; what is of another shape is as if it were not there."""

from __future__ import annotations

from reconciler.desired.documents import ListNode, MapNode, Node, ScalarNode


def items_under(node: MapNode, key: str) -> list[Node]:
    """The items of a list."""
    found = node.entries.get(key)
    return list(found.items) if isinstance(found, ListNode) else []


def maps_under(node: MapNode, key: str) -> list[MapNode]:
    """Those items of a list that are maps."""
    return [item for item in items_under(node, key) if isinstance(item, MapNode)]


def text_under(node: MapNode, key: str) -> str:
    """A value as it is written."""
    return text_of(node.entries.get(key))


def text_of(node: Node | None) -> str:
    """A scalar as it is written; empty for a null."""
    return node.text if isinstance(node, ScalarNode) and node.value is not None else ""
