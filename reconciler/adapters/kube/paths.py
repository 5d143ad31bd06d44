"""Where the API server serves what."""

from __future__ import annotations

from urllib.parse import quote

from reconciler.model.cluster import Resource


def object_path(resource: Resource, namespace: str, name: str = "") -> str:
    """Where the API server serves a kind in a namespace (empty: in all), or one object."""
    api_version = resource.kind.api_version
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    place = f"/namespaces/{quote(namespace, safe='')}" if namespace and resource.namespaced else ""
    return f"{root}{place}/{resource.plural}" + (f"/{quote(name, safe='')}" if name else "")
