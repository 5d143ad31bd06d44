"""The values of a helmfile's release: files, maps, `set`, and files that SOPS encrypted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.desired.documents import ListNode, MapNode, Node, ScalarNode, plain
from reconciler.errors import DesiredStateError
from reconciler.model.importing import Note
from reconciler.model.json import Json, JsonMap, merge, with_path

Read = Callable[[ScalarNode], MapNode]
"""A file that a node names → what is in it. Raises DesiredStateError at the node: it is missing, or malformed."""
Moved = Callable[[str], str]
"""A path as the helmfile names it → as the new file names it."""

# helm's `--set` has lists and numbers of items as well; those are left to people.
_PLAIN_NAME = re.compile(r"[^\[\]{},=]+")
_STEPS = re.compile(r"(?<!\\)\.")
_WORDS: Mapping[str, Json] = {"true": True, "false": False, "null": None}
_WHOLE = re.compile(r"0|[+-]?[1-9][0-9]{0,17}|[+-]0[0-9]{0,17}", re.ASCII)
_REFERENCE = re.compile(r"(?:ref|secretref)\+[a-z0-9+]+://")
_ENCRYPTED_TYPE = re.compile(r"ENC\[.*,type:(\w+)\]", re.DOTALL)


@dataclass
class Values:
    """What was read so far.

    Attributes:
        layers: file names and maps, as `values` of a release takes them.
        references: dotted path → source, as `valuesFrom` takes them.
    """

    moved: Moved
    read: Read
    layers: list[Json] = field(default_factory=list)
    references: dict[str, JsonMap] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def add(self, node: Node) -> None:
        """An item of `values`. Raises DesiredStateError: it is a template, a wildcard, or elsewhere."""
        if isinstance(node, MapNode):
            _refuse_references(node)
            self.layers.append(plain(node))
        elif isinstance(node, ScalarNode) and isinstance(node.value, str):
            self.read(node)
            self.layers.append(self.moved(node.value))
        else:
            raise DesiredStateError("a file name or a map is needed here", where=node.where)

    def add_secrets(self, node: Node) -> None:
        """An item of `secrets`: each text in the file becomes a reference. Raises as `add`."""
        if not isinstance(node, ScalarNode):
            raise DesiredStateError("a file name is needed here", where=node.where)
        for path, leaf in _leaves(self.read(node), ()):
            self._add_secret(node, path, leaf)

    def _add_secret(self, file: ScalarNode, path: tuple[str, ...], leaf: Node) -> None:
        subject = f"{'.'.join(path)} in {file.text}"
        dotted = ".".join(step.replace(".", "\\.") for step in path)
        if not isinstance(leaf, ScalarNode):
            told = "a list cannot be a reference"
            self.notes.append(Note(subject, told, "make it a single value", leaf.where, left_out=True))
            return
        kind = _ENCRYPTED_TYPE.fullmatch(str(leaf.value))
        if kind and kind[1] != "str":
            self.notes.append(Note(subject, f"it is of type {kind[1]}, and becomes a text", where=leaf.where))
        self.references[dotted] = {"sops": self.moved(file.text), "key": dotted}

    def add_set(self, node: Node, *, text: bool) -> None:
        """`set` or `setString`. Raises DesiredStateError: what it sets cannot be told."""
        layer: JsonMap = {}
        for item in node.items if isinstance(node, ListNode) else ():
            layer = merge(layer, self._set(item, text=text))
        if layer:
            self.layers.append(layer)

    def _set(self, item: Node, *, text: bool) -> JsonMap:
        entries = item.entries if isinstance(item, MapNode) else {}
        name, file = entries.get("name"), entries.get("file")
        if not isinstance(name, ScalarNode) or not _PLAIN_NAME.fullmatch(name.text):
            problem = "this is no plain path of a value"
            raise DesiredStateError(problem, where=item.where, hint="write it as a map under `values`")
        steps = [step.replace("\\.", ".") for step in _STEPS.split(name.text)]
        if isinstance(file, ScalarNode):
            self.references[name.text] = {"file": self.moved(file.text), "sensitive": False}
            return {}
        return with_path({}, steps, _typed(entries.get("values") or entries.get("value"), item, text=text))


def _typed(node: Node | None, item: Node, *, text: bool) -> Json:
    """A value as helm's `--set` reads it: numbers, true, false and null are what they look like."""
    if isinstance(node, ListNode):
        return [_typed(part, item, text=text) for part in node.items]
    if not isinstance(node, ScalarNode):
        raise DesiredStateError("it has no `value`, `values` or `file`", where=item.where)
    if _REFERENCE.match(node.text):
        raise _reference(node)
    if text:
        return node.text
    # By `typedVal` of helm.sh/helm/v4/pkg/strvals: yes, 1.5 and 010 are texts.
    word = node.text.lower()
    return _WORDS[word] if word in _WORDS else int(word) if _WHOLE.fullmatch(word) else node.text


def _leaves(node: Node, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Node]]:
    if not isinstance(node, MapNode):
        yield path, node
        return
    for key, item in node.entries.items():
        if (*path, key) != ("sops",):
            yield from _leaves(item, (*path, key))


def _refuse_references(node: Node) -> None:
    children = node.items if isinstance(node, ListNode) else node.entries.values() if isinstance(node, MapNode) else ()
    for child in children:
        if isinstance(child, ScalarNode) and _REFERENCE.match(child.text):
            raise _reference(child)
        _refuse_references(child)


def _reference(node: ScalarNode) -> DesiredStateError:
    hint = "put the value into a variable, and name that under `valuesFrom` of the release"
    return DesiredStateError("a reference of vals is not resolved", where=node.where, hint=hint)
