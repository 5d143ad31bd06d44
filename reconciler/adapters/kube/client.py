"""One cluster's API server. Reader and writer are two classes, so that a plan cannot write by mistake."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from typing import Self
from urllib.parse import quote

from reconciler.adapters.kube import storage
from reconciler.adapters.kube.discovery import Served, capabilities, discover
from reconciler.adapters.kube.kubeconfig import Connection, connection
from reconciler.adapters.kube.patience import APPLY_PATCH, MERGE_PATCH
from reconciler.adapters.kube.transport import Reply, Transport
from reconciler.errors import ApiError, ClusterError, UnrecordedError
from reconciler.model.cluster import ClusterIdentity, Deletion, DryRun, Heard, Resource, unheard
from reconciler.model.desired import ClusterAccess, Impersonation
from reconciler.model.engine import Capabilities
from reconciler.model.evidence import LogId, Run
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, text_at
from reconciler.model.observed import StoredRelease
from reconciler.model.pods import POD

_SECRETS = Resource(Kind("v1", "Secret"), "secrets", namespaced=True)
_PODS = Resource(POD, "pods", namespaced=True)
# https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# Every revision but superseded ones: the newest is always among them.
_CURRENT_RELEASES = "owner=helm,status!=superseded"
_EXISTS = "AlreadyExists"
_STANDING = "status in (deployed,pending-install,pending-upgrade,pending-rollback)"

# A namespace, and the name of a release in it.
_Place = tuple[str, str]
# In which states a release's newest record and its deployed one were, and what they held.
_Decoded = tuple[tuple[tuple[str, str], tuple[str, str]], StoredRelease | None]


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
        self._decoded: dict[str, dict[_Place, _Decoded]] = {}

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
        return ClusterIdentity(found.server, authority, self._uid())

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
            return self._list(resource, namespace, selector, exact=exact, accept=_METADATA)
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
        # An empty list of metadata has null for its items.
        return [{**item, **kind} for item in answer["items"] or ()]

    def fetch(self, resource: Resource, namespace: str, name: str) -> JsonMap | None:
        """See ClusterReader."""
        try:
            item: JsonMap = self._transport.get(object_path(resource, namespace, name))
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return item

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

    def releases(self, namespace: str) -> Sequence[StoredRelease]:
        """See ClusterReader."""
        answer = self._transport.get(object_path(_SECRETS, namespace), {"labelSelector": _CURRENT_RELEASES})
        newest: dict[_Place, JsonMap] = {}
        deployed: dict[_Place, JsonMap] = {}
        for secret in sorted(answer["items"], key=_version):
            place = text_at(secret, "metadata", "namespace"), text_at(secret, "metadata", "labels", "name")
            newest[place] = secret
            if _status(secret) == "deployed":
                deployed[place] = secret
        before = self._decoded.get(namespace, {})
        found = {key: self._decode(before.get(key), item, deployed.get(key, item)) for key, item in newest.items()}
        self._decoded[namespace] = found
        return [release for _, release in found.values() if release]

    def _decode(self, before: _Decoded | None, newest: JsonMap, deployed: JsonMap) -> _Decoded:
        """What did not change since it was read last is not decoded again: a run looks three times."""
        state = _state(newest), _state(deployed)
        if before and before[0] == state:
            return before
        return state, storage.decode(self.name, newest, None if deployed is newest else deployed)

    def newest_revision(self, release: ReleaseId) -> int:
        """See ClusterReader. Only the metadata: a revision's content may be a megabyte."""
        query = {"labelSelector": f"owner=helm,name={release.name}"}
        answer = self._transport.get(object_path(_SECRETS, release.namespace), query, accept=_METADATA)
        return max(map(_version, answer["items"] or ()), default=0)

    def dry_run(self, resource: Resource, item: JsonMap, manager: str) -> DryRun:
        """See ClusterReader."""
        reply = self._apply(resource, item, manager, {"dryRun": "All", "fieldValidation": "Strict"})
        return DryRun(reply.content, reply.warnings)

    def _apply(self, resource: Resource, item: JsonMap, manager: str, query: Mapping[str, str]) -> Reply:
        path = object_path(resource, text_at(item, "metadata", "namespace"), text_at(item, "metadata", "name"))
        return self._transport.patch(path, {"fieldManager": manager, "force": "true", **query}, item, APPLY_PATCH)


class KubeWriter(KubeReader):
    """Implements `reconciler.model.cluster.ClusterWriter`.

    Args:
        permit: is called before each write; what it raises keeps it from being sent.
    """

    def __init__(
        self, access: ClusterAccess, permit: Callable[[], None] = lambda: None, heard: Heard = unheard
    ) -> None:
        super().__init__(access, heard)
        self._permit = permit

    def _by(self, access: ClusterAccess) -> Self:
        return type(self)(access, self._permit, self._heard)

    def apply(self, resource: Resource, item: JsonMap, manager: str) -> None:
        """See ClusterWriter."""
        self._permit()
        self._apply(resource, item, manager, {"fieldValidation": "Strict"})

    def create(self, resource: Resource, item: JsonMap, manager: str) -> None:
        """See ClusterWriter."""
        self._permit()
        path = object_path(resource, text_at(item, "metadata", "namespace"))
        try:
            self._transport.post(path, {"fieldManager": manager, "fieldValidation": "Strict"}, item)
        except ApiError as error:
            if error.reason != _EXISTS:
                raise

    def delete(self, resource: Resource, deletion: Deletion) -> None:
        """See ClusterWriter."""
        seen = {"uid": deletion.uid, **({"resourceVersion": deletion.version} if deletion.version else {})}
        options = {"preconditions": seen, "propagationPolicy": deletion.cascade}
        self._permit()
        try:
            self._transport.delete(object_path(resource, deletion.namespace, deletion.name), options)
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def conclude(self, release: ReleaseId, revision: int) -> None:
        """See ClusterWriter. Only metadata are listed, and each revision that is left behind is read by itself."""
        query = {"labelSelector": f"owner=helm,name={release.name},{_STANDING}"}
        listed = self._transport.get(object_path(_SECRETS, release.namespace), query, accept=_METADATA)["items"] or ()
        standing = {_version(item): _status(item) for item in listed}
        if standing.get(revision, "deployed") != "deployed":
            raise UnrecordedError(
                f"cluster {self.name}: {release} is written, but Helm could not record it: "
                f"revision {revision} is still {standing[revision]}",
                hint="apply again: it is repaired then",
            )
        deployed = max((version for version, status in standing.items() if status == "deployed"), default=0)
        for left in (version for version in standing if version < deployed):
            secret = self._revision(release, left)
            if secret is not None:
                self._rewrite(secret, storage.superseded(secret))

    def mark_failed(self, release: ReleaseId, revision: int, description: str) -> None:
        """See ClusterWriter."""
        secret = self._revision(release, revision)
        if secret is None or not storage.is_pending(secret):
            raise ClusterError(f"cluster {self.name}: {release} has ended its operation meanwhile", hint="apply again")
        self._rewrite(secret, storage.failed(secret, description))

    def mark_removed(self, release: ReleaseId, revision: int, run: str | None, leave: Collection[ObjectId]) -> None:
        """See ClusterWriter."""
        secret = self._present(release, revision)
        self._rewrite(secret, storage.removed(secret, release, run, leave, self.resources()))

    def mark_rollback(self, release: ReleaseId, target: int, run: str, revision: int) -> None:
        """See ClusterWriter."""
        secret = self._present(release, target)
        self._rewrite(secret, storage.returned(secret, run, revision))

    def _present(self, release: ReleaseId, revision: int) -> JsonMap:
        secret = self._revision(release, revision)
        if secret is None:
            raise ClusterError(f"cluster {self.name}: {release} is removed by somebody else", hint="apply again")
        return secret

    def _revision(self, release: ReleaseId, revision: int) -> JsonMap | None:
        return self.fetch(_SECRETS, release.namespace, f"sh.helm.release.v1.{release.name}.v{revision}")

    def _rewrite(self, secret: JsonMap, patch: JsonMap) -> None:
        self._permit()
        path = object_path(_SECRETS, text_at(secret, "metadata", "namespace"), text_at(secret, "metadata", "name"))
        self._transport.patch(path, {}, patch, MERGE_PATCH)


def _status(secret: JsonMap) -> str:
    return text_at(secret, "metadata", "labels", "status")


def _state(secret: JsonMap) -> tuple[str, str]:
    """What no two states of objects share."""
    return text_at(secret, "metadata", "uid"), text_at(secret, "metadata", "resourceVersion")


def _version(secret: JsonMap) -> int:
    version = text_at(secret, "metadata", "labels", "version")
    return int(version) if version.isdigit() else 0


def object_path(resource: Resource, namespace: str, name: str = "") -> str:
    """Where the API server serves a kind in a namespace (empty: in all), or one object."""
    api_version = resource.kind.api_version
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    place = f"/namespaces/{quote(namespace, safe='')}" if namespace and resource.namespaced else ""
    return f"{root}{place}/{resource.plural}" + (f"/{quote(name, safe='')}" if name else "")
