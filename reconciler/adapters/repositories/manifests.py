"""How a chart looks in a registry: a manifest with Chart.yaml as its configuration, and the archive as a layer.

The form is Helm's own: https://github.com/helm/community/blob/main/hips/hip-0006.md, and the annotations are those of
https://github.com/opencontainers/image-spec/blob/main/annotations.md that `helm push` sets.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from reconciler.errors import TransferError, TransferReason
from reconciler.model.json import Json, JsonMap, as_map, dig, text_at
from reconciler.model.oci import Descriptor, Manifest

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.cncf.helm.config.v1+json"
CHART_TYPES = (
    "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
    "application/tar+gzip",  # written by Helm before 3.7
)
SIGNATURE_TYPE = "application/vnd.cncf.helm.chart.provenance.v1.prov"

_ANNOTATION = "org.opencontainers.image."


def tag_of(version: str) -> str:
    """The tag of a version: `+` cannot stand in one."""
    return version.replace("+", "_")


def version_of(tag: str) -> str:
    """The version of a tag."""
    return tag.replace("_", "+")


def layer_of(manifest: Manifest, types: Sequence[str]) -> Descriptor:
    """The layer of one of these types.

    Raises:
        TransferError: there is none: it is an image and no chart, or a chart without a signature.
    """
    document = _parsed(manifest)
    listed = document.get("layers")
    layers = [_descriptor(as_map(item)) for item in listed] if isinstance(listed, list) else []
    found = next((item for item in layers if item.media_type in types), None)
    if found is not None:
        return found
    if text_at(document, "config", "mediaType") == CONFIG_TYPE and SIGNATURE_TYPE in types:
        raise TransferError("it was published without a signature", reason=TransferReason.NOT_FOUND)
    raise TransferError(
        f"what is there is no chart, but {text_at(document, 'config', 'mediaType') or manifest.media_type}",
        reason=TransferReason.CORRUPT,
        hint="images and charts may have the same name in different folders: check the URL",
    )


def manifest_of(metadata: JsonMap, config: Descriptor, layers: Sequence[Descriptor]) -> bytes:
    """The manifest of a chart. It carries no time, so that the same chart gives the same manifest."""
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": _json(config),
        "layers": [_json(layer) for layer in layers],
        "annotations": _annotations(metadata),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _annotations(metadata: JsonMap) -> dict[str, str]:
    sources = metadata.get("sources")
    told = {
        "title": text_at(metadata, "name"),
        "version": text_at(metadata, "version"),
        "description": text_at(metadata, "description"),
        "url": text_at(metadata, "home"),
        "source": sources[0] if isinstance(sources, list) and sources else None,
        "authors": ", ".join(_authors(metadata.get("maintainers"))),
    }
    return {f"{_ANNOTATION}{key}": value for key, value in sorted(told.items()) if isinstance(value, str) and value}


def _authors(maintainers: Json) -> list[str]:
    listed = maintainers if isinstance(maintainers, list) else []
    pairs = [(text_at(item, "name"), text_at(item, "email")) for item in listed]
    return [f"{name} ({email})" if email else name for name, email in pairs if name]


def _parsed(manifest: Manifest) -> JsonMap:
    try:
        return as_map(json.loads(manifest.content))
    except (ValueError, RecursionError) as error:
        raise TransferError("the registry's manifest is no JSON", reason=TransferReason.CORRUPT) from error


def _descriptor(item: JsonMap) -> Descriptor:
    size = dig(item, "size")
    return Descriptor(
        text_at(item, "mediaType"), text_at(item, "digest"), size if isinstance(size, int) and size >= 0 else 0
    )


def _json(item: Descriptor) -> dict[str, str | int]:
    return {"mediaType": item.media_type, "digest": item.digest, "size": item.size}
