"""Rendered objects in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.errors import Location
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.workloads import RenderedObject

API, WEB = ReleaseId("main", "shop", "api"), ReleaseId("main", "shop", "web")
WHERE, ELSEWHERE = Location("env.yaml", 8, 3), Location("env.yaml", 9, 3)
PLACES = {API: WHERE, WEB: ELSEWHERE}


def rendered(
    kind: str,
    name: str = "api",
    spec: Mapping[str, Any] | None = None,
    *,
    of: ReleaseId = API,
    version: str = "v1",
    namespace: str = "shop",
    **fields: Any,
) -> RenderedObject:
    """An object of a release."""
    item: dict[str, Any] = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **fields}
    if spec is not None:
        item["spec"] = dict(spec)
    return RenderedObject(of, ObjectId(Kind(version, kind), namespace, name), item)


def deployment(
    name: str = "api", pod: Mapping[str, Any] | None = None, replicas: int = 1, *, of: ReleaseId = API
) -> RenderedObject:
    """A Deployment of pods with this spec, selected by the label `app`."""
    template = {"metadata": {"labels": {"app": name}}, "spec": dict(pod or {})}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    return rendered("Deployment", name, spec, of=of, version="apps/v1")


def live(kind: str, name: str, namespace: str = "shop", *, version: str = "v1", **fields: Any) -> dict[str, Any]:
    """An object of the cluster."""
    metadata = {"name": name, "namespace": namespace, **fields.pop("metadata", {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def container(name: str = "main", **fields: Any) -> dict[str, Any]:
    """A container."""
    return {"name": name, "image": "example.com/app:1", **fields}
