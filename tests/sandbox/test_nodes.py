"""The simulated nodes."""

from __future__ import annotations

from reconciler.sandbox.catalog import Platform
from reconciler.sandbox.nodes import node


def test_a_node_looks_like_one_that_a_kubelet_registered() -> None:
    """Selectors and affinities on the well-known labels work; kwok knows it by its annotation."""
    made = node("n", "10.1.0.1", Platform("linux", "arm64"), 10250)
    assert made["metadata"]["annotations"]["kwok.x-k8s.io/node"] == "fake"
    labels = made["metadata"]["labels"]
    found = [labels[f"kubernetes.io/{key}"] for key in ("hostname", "os", "arch")]
    assert found == ["n", "linux", "arm64"]
    assert made["status"]["capacity"]["pods"] == "1100"
    assert made["status"]["capacity"] == made["status"]["allocatable"]
    assert made["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"] == 10250
    assert {"type": "ExternalIP", "address": "127.0.0.1"} in made["status"]["addresses"]
