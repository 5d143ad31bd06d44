"""Values → YAML that Go's readers, kubectl and Helm among them, take for the same values."""

from __future__ import annotations

from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import SafeRepresenter

from reconciler.model.json import Json
from reconciler.yaml.scalars import MERGE_KEY, resolve


def dump(value: Json) -> str:
    """A document in block style, its keys in their order, with a line end at its end."""
    out = StringIO()
    _writer().dump(_plain(value), out)
    return out.getvalue()


def _plain(value: Json) -> Json:
    """Copies without shared parts, so that no anchors are written."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


class _Texts(SafeRepresenter):
    """Quotes what Go's YAML would take for something else than a text."""

    def text(self, text: str) -> ScalarNode:
        """A text as it has to be written."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    if not text.isprintable() and "\n" not in text:
        return '"'
    return "'" if text == MERGE_KEY or resolve(text) != text else None


_Texts.add_representer(str, _Texts.text)


def _writer() -> YAML:
    """One for each document: it keeps a state, and several threads write."""
    made = YAML(typ="safe", pure=True)
    made.Representer = _Texts
    made.default_flow_style = False
    made.width = 4096
    made.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # keeps the order
    return made
