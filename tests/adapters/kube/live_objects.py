"""Objects that tests put into a cluster."""

from __future__ import annotations

import json

from reconciler.model.identity import Kind
from reconciler.model.json import JsonMap
from tests.adapters.kube.test_storage import RELEASE, packed

CONFIG_MAP = Kind("v1", "ConfigMap")


def config_map(namespace: str, name: str = "one", **data: str) -> JsonMap:
    """A ConfigMap with a label."""
    metadata: JsonMap = {"name": name, "namespace": namespace, "labels": {"team": "blue"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def release_secret(namespace: str, name: str, version: int, status: str, content: str | None = None) -> JsonMap:
    """Helm's record of a revision."""
    text = content or packed(
        json.dumps({**RELEASE, "name": name, "version": version, "info": {"status": status}}).encode()
    )
    labels: JsonMap = {"owner": "helm", "name": name, "version": str(version), "status": status}
    metadata: JsonMap = {"name": f"sh.helm.release.v1.{name}.v{version}", "namespace": namespace, "labels": labels}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": metadata,
        "data": {"release": text},
    }
