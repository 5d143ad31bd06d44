"""Questions to an API server about itself and about us."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from reconciler.adapters.kube.kubeconfig import Connection, connection
from reconciler.adapters.kube.lists import items_of
from reconciler.adapters.kube.paths import object_path
from reconciler.adapters.kube.pool import proxy_of
from reconciler.adapters.kube.transport import Transport
from reconciler.adapters.network import reach
from reconciler.errors import ClusterError
from reconciler.model.cluster import Resource
from reconciler.model.desired import ClusterAccess, Impersonation
from reconciler.model.json import JsonMap, as_map, dig, text_at
from reconciler.model.network import Endpoint
from reconciler.model.probe import Identity, Right, Road

_REVIEWS = {
    "SelfSubjectReview": "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    "SelfSubjectAccessReview": "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
}
# As kubectl's; the answers stay small however many objects there are.
_PAGE = 500


class KubeProber:
    """Implements `reconciler.model.probe.ClusterProber`."""

    def __init__(self, access: ClusterAccess) -> None:
        self.name = access.name
        self._access = access

    def acting_as(self, user: Impersonation | None) -> KubeProber:
        """See ClusterProber. Each has connections of its own."""
        return KubeProber(self._access.acting_as(user)) if user else self

    @cached_property
    def _connection(self) -> Connection:
        return connection(self._access)

    @cached_property
    def _transport(self) -> Transport:
        return Transport(self.name, self._connection)

    def road(self) -> Road:
        """See ClusterProber."""
        from reconciler.adapters.certificates import from_pem  # noqa: PLC0415 - heavy

        to = self._connection
        endpoint = _endpoint(self.name, to)
        login = from_pem(to.certificate) if to.certificate else None
        return Road(to.server, endpoint, reach(endpoint), login)

    def identity(self) -> Identity:
        """See ClusterProber."""
        user = dig(self._review("SelfSubjectReview", {}), "status", "userInfo")
        groups = as_map(user).get("groups")
        return Identity(text_at(user, "username"), tuple(map(str, groups)) if isinstance(groups, list) else ())

    def version(self) -> str:
        """See ClusterProber."""
        return text_at(self._transport.get("/version"), "gitVersion")

    def may(self, right: Right) -> bool:
        """See ClusterProber."""
        resource, _, subresource = right.resource.partition("/")
        asked = {
            "verb": right.verb,
            "group": right.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": right.namespace,
            "name": right.name,
        }
        answer = self._review("SelfSubjectAccessReview", {"resourceAttributes": asked})
        return dig(answer, "status", "allowed") is True

    def warnings(self, resource: Resource, namespace: str) -> Sequence[str]:
        """See ClusterProber."""
        return self._transport.ask("GET", object_path(resource, namespace), {"limit": "1"}).warnings

    def listed(self, resource: Resource, namespace: str) -> Sequence[JsonMap]:
        """See ClusterProber."""
        found: list[JsonMap] = []
        query = {"limit": str(_PAGE)}
        while True:
            answer = self._transport.get(object_path(resource, namespace), query)
            found += items_of(answer, self._transport.cluster)
            rest = text_at(answer, "metadata", "continue")
            if not rest:
                return found
            query = {**query, "continue": rest}

    def _review(self, kind: str, spec: JsonMap) -> Any:
        path = _REVIEWS[kind]
        api_version = path.removeprefix("/apis/").rpartition("/")[0]
        return self._transport.review(path, {"apiVersion": api_version, "kind": kind, "spec": spec})


def _endpoint(cluster: str, to: Connection) -> Endpoint:
    try:
        parts = urlsplit(to.server)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ClusterError(
            f"cluster {cluster}: {to.server} is no address of an API server",
            hint="check the `server` of the kubeconfig",
        ) from error
    secure = parts.scheme == "https"
    return Endpoint(
        host,
        port or (443 if secure else 80),
        secure,
        server_name=to.tls_server_name,
        authority=to.authority,
        verify=to.verify,
        proxy=proxy_of(to),
    )
