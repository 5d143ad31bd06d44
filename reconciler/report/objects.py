"""Objects as YAML, secrets masked."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.identity import ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.secret import Mask, mask_secret_object
from reconciler.yaml.write import dump


def objects_yaml(rendered: Iterable[tuple[ReleaseId, tuple[JsonMap, ...]]], mask: Mask) -> str:
    """A YAML stream; a comment names the release of each object."""
    return "\n".join(
        f"---\n# {identity.namespace}/{identity.name} [{identity.cluster}]\n{_document(item, mask)}"
        for identity, items in rendered
        for item in items
    )


def _document(item: JsonMap, mask: Mask) -> str:
    return dump(mask.json(mask_secret_object(item))).rstrip("\n")
