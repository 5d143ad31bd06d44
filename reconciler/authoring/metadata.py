"""Chart.yaml, changed where it has to be and nowhere else: comments, order and quotes stay."""

from __future__ import annotations

import json

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from reconciler.errors import ChartError


def with_field(text: str, key: str, value: str) -> str:
    """A chart's Chart.yaml, in which a top-level key has this text for its value; added at the end if it is missing.

    Raises:
        ChartError: it is no YAML map, or the key holds something that is no single value.
    """
    node = _root(text)
    for name, old in node.value:
        if name.value == key:
            if not isinstance(old, ScalarNode):
                raise ChartError(f"Chart.yaml:{old.start_mark.line + 1}: `{key}` is no text that could be replaced")
            return _replaced(text, name, old, _quoted(value))
    if node.flow_style:
        raise ChartError(f"Chart.yaml has no `{key}`, and is written in braces", hint=f'add `{key}: ""` to it')
    return f"{text.rstrip(_LINE_END)}\n{key}: {_quoted(value)}\n"


def _replaced(text: str, key: Node, old: ScalarNode, new: str) -> str:
    start, end = old.start_mark.index, old.end_mark.index
    if start < end and old.style not in _BLOCK:
        return text[:start] + new + text[end:]
    # A block of lines, or nothing: it ends where the next key begins.
    removed = text[key.end_mark.index : end]
    return f"{text[: key.end_mark.index]}: {new}{removed[len(removed.rstrip()) :]}{text[end:]}"


_BLOCK = ("|", ">")


def _quoted(value: str) -> str:
    """JSON is YAML, and says that it is a text whatever it looks like."""
    return json.dumps(value, ensure_ascii=False)


def line_of(text: str, key: str) -> int | None:
    """The line, from 1, of a top-level key; None where there is none. Raises ChartError: it is no YAML map."""
    return next((name.start_mark.line + 1 for name, _value in _root(text).value if name.value == key), None)


_LINE_END = "\r\n"


def _root(text: str) -> MappingNode:
    try:
        node: Node | None = YAML().compose(text)
    except YAMLError as error:
        raise ChartError(f"Chart.yaml is not valid YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(node, MappingNode):
        raise ChartError("Chart.yaml is not a map of keys")
    return node
