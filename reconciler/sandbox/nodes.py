"""The simulated nodes of a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.sandbox.catalog import KUBERNETES_VERSION
from reconciler.sandbox.components import HOST

if TYPE_CHECKING:
    from reconciler.sandbox.api import Api
    from reconciler.sandbox.catalog import Platform

NODE_NAMES = ("sandbox-node-1", "sandbox-node-2")
_CAPACITY = {"cpu": "64", "memory": "256Gi", "pods": "1100", "ephemeral-storage": "1Ti"}


def create_nodes(api: Api, platform: Platform, kubelet_port: int) -> None:
    """Create the nodes; kwok then plays their kubelet, and serves their pods' logs at `kubelet_port`.

    Raises:
        SandboxError: the API server refused.
    """
    for number, name in enumerate(NODE_NAMES, start=1):
        api.create("/api/v1/nodes", node(name, f"10.1.0.{number}", platform, kubelet_port))


def nodes_ready(api: Api) -> bool:
    """Whether pods can be scheduled on every node: it is Ready, and its initial taint is gone."""
    found = (api.get("/api/v1/nodes") or {}).get("items", [])
    ready = {item["metadata"]["name"] for item in found if _schedulable(item)}
    return ready.issuperset(NODE_NAMES)


def node(name: str, address: str, platform: Platform, kubelet_port: int) -> dict[str, Any]:
    """The Node object of one simulated node, as a kubelet would register it."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0"},
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": platform.architecture,
                "node-role.kubernetes.io/worker": "",
                "type": "kwok",
            },
        },
        "status": {
            "capacity": dict(_CAPACITY),
            "allocatable": dict(_CAPACITY),
            "addresses": [
                {"type": "InternalIP", "address": address},
                {"type": "ExternalIP", "address": HOST},
                {"type": "Hostname", "address": name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet_port}},
            "nodeInfo": {
                "architecture": platform.architecture,
                "operatingSystem": "linux",
                "kubeletVersion": KUBERNETES_VERSION,
                "kubeProxyVersion": KUBERNETES_VERSION,
                "containerRuntimeVersion": "kwok",
                "kernelVersion": "kwok",
                "osImage": "kwok",
                "bootID": "",
                "machineID": "",
                "systemUUID": "",
            },
        },
    }


def _schedulable(item: dict[str, Any]) -> bool:
    conditions = item.get("status", {}).get("conditions", [])
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and not item.get("spec", {}).get("taints")
