"""Reads from one cluster's API server."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from typing import Self

from reconciler.adapters.kube.discovery import Served, capabilities, discover
from reconciler.adapters.kube.kubeconfig import Connection, connection
from reconciler.adapters.kube.lists import items_of
from reconciler.adapters.kube.paths import object_path
from reconciler.adapters.kube.patience import APPLY_PATCH
from reconciler.adapters.kube.records import METADATA, Records
from reconciler.adapters.kube.transport import Reply, Transport
from reconciler.errors import ApiError
from reconciler.model.cluster import ClusterIdentity, DryRun, Heard, Resource, unheard
from reconciler.model.desired import ClusterAccess, Impersonation
from reconciler.model.engine import Capabilities
from reconciler.model.evidence import LogId, Run
from reconciler.model.identity import Kind, ReleaseId
from reconciler.model.json import JsonMap, text_at
from reconciler.model.observed import StoredRelease
from reconciler.model.pods import POD

_PODS = Resource(POD, "pods", namespaced=True)


class KubeReader:
    """Implements `reconciler.model.cluster.ClusterReader`.

    Args:
        heard: told what came of each request.
    """

    def __init__(self, access: ClusterAccess, heard: Heard = unheard) -> None:
        self.name = access.name
        self._access = access
        self._heard = heard
        self._lock = threading.Lock()
        self._others: dict[Impersonation, Self] = {}

    def acting_as(self, user: Impersonation | None) -> Self:
        """See ClusterReader. One of each user, whose connections are kept."""
        if user is None:
            return self
        with self._lock:
            if user not in self._others:
                self._others[user] = self._by(self._access.acting_as(user))
            return self._others[user]

    def _by(self, access: ClusterAccess) -> Self:
        return type(self)(access, self._heard)

    @cached_property
    def _transport(self) -> Transport:
        return Transport(self.name, self._connection, heard=self._heard)

    @cached_property
    def _connection(self) -> Connection:
        return connection(self._access)

    @cached_property
    def _served(self) -> Served:
        return discover(self._transport)

    def capabilities(self) -> Capabilities:
        """See ClusterReader."""
        return capabilities(self._transport, self._served.resources)

    def identity(self) -> ClusterIdentity:
        """See ClusterReader."""
        found = self._connection
        authority = hashlib.sha256(found.authority.strip().encode()).hexdigest() if found.authority else None
        return ClusterIdentity(found.server, authority, self._uid)

    @cached_property
    def _uid(self) -> str | None:
        try:
            return text_at(self._transport.get("/api/v1/namespaces/kube-system"), "metadata", "uid")
        except ApiError as error:
            if error.status == HTTPStatus.FORBIDDEN:
                return None
            raise

    def resources(self) -> Mapping[Kind, Resource]:
        """See ClusterReader."""
        return self._served.resources

    def silent(self) -> tuple[str, ...]:
        """See ClusterReader."""
        return self._served.silent

    def refresh(self) -> None:
        """Forget which kinds are served: definitions may have been installed."""
        self.__dict__.pop("_served", None)

    def objects(self, resource: Resource, namespace: str, selector: str, *, exact: bool = False) -> Sequence[JsonMap]:
        """See ClusterReader. Answered from the server's cache (`resourceVersion=0`), as kubectl's watches are."""
        return self._list(resource, namespace, selector, exact=exact)

    def metadata(self, resource: Resource, namespace: str, selector: str, *, exact: bool = False) -> Sequence[JsonMap]:
        """See ClusterReader."""
        try:
            return self._list(resource, namespace, selector, exact=exact, accept=METADATA)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return []
            raise

    def _list(
        self, resource: Resource, namespace: str, selector: str, *, exact: bool, accept: str | None = None
    ) -> Sequence[JsonMap]:
        age = {} if exact else {"resourceVersion": "0"}
        answer = self._transport.get(object_path(resource, namespace), {"labelSelector": selector, **age}, accept)
        kind = {"apiVersion": resource.kind.api_version, "kind": resource.kind.name}
        return [{**item, **kind} for item in items_of(answer, self.name)]

    def fetch(self, resource: Resource, namespace: str, name: str) -> JsonMap | None:
        """See ClusterReader."""
        return self._transport.find(object_path(resource, namespace, name))

    def log(self, log: LogId, lines: int, limit: int) -> str:
        """See ClusterReader."""
        previous = "true" if log.run is Run.PREVIOUS else "false"
        query = {
            "container": log.container,
            "previous": previous,
            "tailLines": str(lines),
            "limitBytes": str(limit),
        }
        return self._transport.text(f"{object_path(_PODS, log.pod.namespace, log.pod.name)}/log", query)

    @cached_property
    def _records(self) -> Records:
        return Records(self.name, self._transport)

    def releases(self, namespace: str) -> Sequence[StoredRelease]:
        """See ClusterReader."""
        return self._records.current(namespace)

    def newest_revision(self, release: ReleaseId) -> int:
        """See ClusterReader."""
        return self._records.newest_revision(release)

    def dry_run(self, resource: Resource, item: JsonMap, manager: str) -> DryRun:
        """See ClusterReader."""
        reply = self._apply(resource, item, manager, {"dryRun": "All", "fieldValidation": "Strict"})
        return DryRun(reply.content, reply.warnings)

    def _apply(self, resource: Resource, item: JsonMap, manager: str, query: Mapping[str, str]) -> Reply:
        path = object_path(resource, text_at(item, "metadata", "namespace"), text_at(item, "metadata", "name"))
        return self._transport.patch(path, {"fieldManager": manager, "force": "true", **query}, item, APPLY_PATCH)
