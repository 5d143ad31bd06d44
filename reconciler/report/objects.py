"""Objects as YAML, secrets masked."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import SafeRepresenter

from reconciler.model.identity import ReleaseId
from reconciler.model.json import Json, JsonMap
from reconciler.model.secret import Mask, mask_secret_object
from reconciler.yaml.scalars import MERGE_KEY, resolve


def objects_yaml(rendered: Iterable[tuple[ReleaseId, tuple[JsonMap, ...]]], mask: Mask) -> str:
    """A YAML stream; a comment names the release of each object."""
    return "\n".join(
        f"---\n# {identity.namespace}/{identity.name} [{identity.cluster}]\n{_document(item, mask)}"
        for identity, items in rendered
        for item in items
    )


def _document(item: JsonMap, mask: Mask) -> str:
    out = StringIO()
    _YAML.dump(mask.json(_plain(mask_secret_object(item))), out)
    return out.getvalue().rstrip("\n")


def _plain(value: Json) -> Json:
    """Copies without shared parts, so that no anchors are written."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


class _Texts(SafeRepresenter):
    """Quotes what Go's YAML, which kubectl and Helm read with, would take for something else than a text."""

    def text(self, text: str) -> ScalarNode:
        """A text as it has to be written."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    if not text.isprintable() and "\n" not in text:
        return '"'
    return "'" if text == MERGE_KEY or resolve(text) != text else None


_Texts.add_representer(str, _Texts.text)
_YAML = YAML(typ="safe", pure=True)
_YAML.Representer = _Texts
_YAML.default_flow_style = False
_YAML.width = 4096
_YAML.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # keeps the chart's order
