"""What tests on a real API server share."""

from __future__ import annotations

import pytest

from reconciler.adapters.kube.writer import KubeWriter
from reconciler.model.desired import ClusterAccess
from tests.conftest import Kubectl


@pytest.fixture
def writer(cluster_access: ClusterAccess, namespace: str, kubectl: Kubectl) -> KubeWriter:
    """A writer to the sandbox, with a namespace of the test's own."""
    kubectl("create", "namespace", namespace)
    return KubeWriter(cluster_access)
