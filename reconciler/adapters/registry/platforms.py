"""What an image is built for, as its manifest tells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from reconciler.adapters.registry.client import INDEX_TYPES, MANIFEST_TYPES
from reconciler.model.image import Platform
from reconciler.model.json import Json, JsonMap, as_map, dig, text_at
from reconciler.model.oci import Descriptor, Manifest

# A configuration is read into memory; real ones have some kilobytes.
_LONGEST_CONFIG = 4 * 1024 * 1024
# What an index says of things that are no image, such as attestations.
_NONE = "unknown"


def platforms(manifest: Manifest, blob: Callable[[Descriptor], bytes]) -> list[Platform]:
    """The platforms of an index, or that of the one image; none where it does not tell.

    Args:
        blob: fetches the configuration of the one image.
    """
    document = _parsed(manifest.content)
    kind = manifest.media_type or text_at(document, "mediaType")
    if kind in INDEX_TYPES:
        return list(dict.fromkeys(_of_index(document)))
    size = dig(document, "config", "size")
    if kind not in MANIFEST_TYPES or not isinstance(size, int):
        return []
    config = Descriptor(
        text_at(document, "config", "mediaType"), text_at(document, "config", "digest"), min(size, _LONGEST_CONFIG)
    )
    found = _platform(_parsed(blob(config)))
    return [found] if found else []


def _of_index(document: JsonMap) -> Iterator[Platform]:
    listed = document.get("manifests")
    for item in listed if isinstance(listed, list) else []:
        if found := _platform(as_map(as_map(item).get("platform"))):
            yield found


def _platform(document: JsonMap) -> Platform | None:
    os, architecture = text_at(document, "os"), text_at(document, "architecture")
    known = os and architecture and _NONE not in (os, architecture)
    return Platform(os, architecture) if known else None


def _parsed(content: bytes) -> JsonMap:
    try:
        document: Json = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return as_map(document)
