"""The records that Helm keeps of releases in a cluster: a Secret for each revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.adapters.kube import storage
from reconciler.adapters.kube.lists import items_of
from reconciler.adapters.kube.paths import object_path
from reconciler.adapters.kube.transport import Transport
from reconciler.model.cluster import Resource
from reconciler.model.identity import Kind, ReleaseId
from reconciler.model.json import JsonMap, text_at
from reconciler.model.observed import StoredRelease

SECRETS = Resource(Kind("v1", "Secret"), "secrets", namespaced=True)
# https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# Every revision but superseded ones: the newest is always among them.
_CURRENT = "owner=helm,status!=superseded"
_STANDING = "status in (deployed,pending-install,pending-upgrade,pending-rollback)"

# A namespace, and the name of a release in it.
_Place = tuple[str, str]
# In which states a release's newest record and its deployed one were, and what they held.
_Decoded = tuple[tuple[tuple[str, str], tuple[str, str]], StoredRelease | None]


class Records:
    """Of one cluster."""

    def __init__(self, cluster: str, transport: Transport) -> None:
        self._cluster, self._transport = cluster, transport
        self._decoded: dict[str, dict[_Place, _Decoded]] = {}

    def current(self, namespace: str) -> Sequence[StoredRelease]:
        """The newest revision of each release in a namespace, or in all."""
        answer = self._transport.get(object_path(SECRETS, namespace), {"labelSelector": _CURRENT})
        newest: dict[_Place, JsonMap] = {}
        deployed: dict[_Place, JsonMap] = {}
        for secret in sorted(items_of(answer, self._cluster), key=_version):
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
        return state, storage.decode(self._cluster, newest, None if deployed is newest else deployed)

    def newest_revision(self, release: ReleaseId) -> int:
        """Its number, or 0."""
        return max(self._statuses(release), default=0)

    def standing(self, release: ReleaseId) -> Mapping[int, str]:
        """The revisions that are deployed or pending, and which of the two each is."""
        return self._statuses(release, f",{_STANDING}")

    def _statuses(self, release: ReleaseId, selector: str = "") -> Mapping[int, str]:
        """Only the metadata are asked for: a revision's content may be a megabyte."""
        query = {"labelSelector": f"owner=helm,name={release.name}{selector}"}
        answer = self._transport.get(object_path(SECRETS, release.namespace), query, accept=METADATA)
        return {_version(item): _status(item) for item in items_of(answer, self._cluster)}

    def find(self, release: ReleaseId, revision: int) -> JsonMap | None:
        """The Secret of a revision."""
        name = f"sh.helm.release.v1.{release.name}.v{revision}"
        return self._transport.find(object_path(SECRETS, release.namespace, name))


def _status(secret: JsonMap) -> str:
    return text_at(secret, "metadata", "labels", "status")


def _state(secret: JsonMap) -> tuple[str, str]:
    """What no two states of objects share."""
    return text_at(secret, "metadata", "uid"), text_at(secret, "metadata", "resourceVersion")


def _version(secret: JsonMap) -> int:
    version = text_at(secret, "metadata", "labels", "version")
    return int(version) if version.isdigit() else 0
