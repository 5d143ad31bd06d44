"""The values of a release: layers merged, references filled in, each value traceable to its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.desired.documents import MapNode, Node, Step, has, parse, place, plain
from reconciler.errors import DesiredStateError, Location
from reconciler.model.inputs import Inputs
from reconciler.model.json import JsonMap, as_map, merge

_UNESCAPED_DOT = re.compile(r"(?<!\\)\.")


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of values, with the nodes that it was read from."""

    node: MapNode
    values: JsonMap


@dataclass(frozen=True, slots=True)
class ValuePlaces:
    """Tells where a value was written.

    Attributes:
        layers: in the order in which they were merged.
        pinned: paths that `valuesFrom` or `replicas` set.
        fallback: the release itself.
    """

    layers: tuple[Layer, ...]
    pinned: Mapping[tuple[Step, ...], Location]
    fallback: Location

    def at(self, path: Sequence[Step]) -> Location:
        """The place of the value at `path`, or of the nearest thing around it."""
        for length in range(len(path), 0, -1):
            part = tuple(path[:length])
            found = self.pinned.get(part) or self._in_layers(part)
            if found:
                return found
        return self.fallback

    def _in_layers(self, path: tuple[Step, ...]) -> Location | None:
        return next((place(layer.node, path) for layer in reversed(self.layers) if has(layer.node, path)), None)


class LayerReader:
    """Reads layers; each file is read and parsed once, however many releases use it."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._files: dict[Path, Layer] = {}

    def read(self, node: Node) -> Layer:
        """The layer that a node gives: a map as it stands, or the file that it names.

        Raises:
            DesiredStateError: the file is missing, malformed, or holds no map.
        """
        if isinstance(node, MapNode):
            return Layer(node, as_map(plain(node)))
        return self.file(self._inputs.files.locate(str(plain(node)), node.where), node.where)

    def file(self, path: Path, where: Location | None) -> Layer:
        """The layer in a located file. Raises as `read`."""
        files = self._inputs.files
        if path not in self._files:
            root = parse(files.text(path, where), files.shown(path))
            if not isinstance(root, MapNode):
                raise DesiredStateError("a values file holds a map, this is something else", where=root.where)
            self._files[path] = Layer(root, as_map(plain(root)))
        return self._files[path]


def merge_layers(layers: Sequence[Layer]) -> JsonMap:
    """All layers merged, later ones on top."""
    values: JsonMap = {}
    for layer in layers:
        values = merge(values, layer.values) if values else layer.values
    return values


def split_path(dotted: str) -> tuple[str, ...]:
    r"""`a.b\.c` → ("a", "b.c"), as `helm --set` writes paths."""
    return tuple(part.replace("\\.", ".") for part in _UNESCAPED_DOT.split(dotted))
