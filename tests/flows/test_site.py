"""One cluster of a preflight: what cannot be told of it takes nothing from what can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import dedent

import pytest

from reconciler.adapters.kube.reader import KubeReader
from reconciler.errors import ApiError
from reconciler.flows.context import Request
from reconciler.flows.preflight import preflight
from reconciler.model.cluster import ClusterReader, Resource
from reconciler.model.desired import ClusterAccess
from reconciler.model.json import JsonMap
from reconciler.model.preflight import Status
from tests.flows.conftest import Checkout

pytestmark = pytest.mark.e2e


class Overloaded(KubeReader):
    """A server that does not list everything at the moment."""

    def metadata(self, resource: Resource, namespace: str, selector: str, *, exact: bool = False) -> Sequence[JsonMap]:
        """Refused in all namespaces."""
        if not namespace:
            raise ApiError(f"cluster {self.name}: too many requests", status=503, reason="")
        return super().metadata(resource, namespace, selector, exact=exact)


def test_what_the_file_no_longer_has_cannot_be_told(checkout: Checkout) -> None:
    """Its cluster says so, and is looked at for all else; another one is looked at as ever."""
    text = """
        apiVersion: reconciler/v1
        kind: Environment
        name: NAMESPACE
        clusters: {us: {kubeconfig: {env: RECONCILE_KUBECONFIG}}, eu: {kubeconfig: {env: RECONCILE_KUBECONFIG}}}
        namespaces: {NAMESPACE: {cluster: us}, far: {cluster: eu, name: NAMESPACE-far}}
        releases: {app: {chart: charts/config, namespace: NAMESPACE}, web: {chart: charts/config, namespace: far}}
    """
    (checkout.folder / "env.yaml").write_text(dedent(text).replace("NAMESPACE", checkout.namespace))

    def reader(access: ClusterAccess) -> ClusterReader:
        return Overloaded(access) if access.name == "eu" else KubeReader(access)

    found = preflight(Request("env.yaml"), replace(checkout.reading(), reader=reader))
    failed = [(check.cluster, check.subject, check.message) for check in found.checks if check.status is Status.FAILED]
    assert failed == [("eu", "what the file no longer has", "too many requests")]
    per_cluster = [{check.area for check in found.checks if check.cluster == name} for name in ("us", "eu")]
    assert per_cluster[0] == per_cluster[1]
