"""What is written into Helm's records beside Helm: what became of a revision whose run is dead, or of one that goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.adapters.kube import storage
from reconciler.adapters.kube.paths import object_path
from reconciler.adapters.kube.patience import MERGE_PATCH
from reconciler.adapters.kube.records import SECRETS, Records
from reconciler.adapters.kube.transport import Transport
from reconciler.errors import ClusterError, UnrecordedError
from reconciler.model.cluster import Resource
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, text_at


class Marks:
    """In one cluster; see `reconciler.model.cluster.ClusterWriter`.

    Args:
        permit: is called before each write; what it raises keeps it from being sent.
    """

    def __init__(self, cluster: str, transport: Transport, records: Records, permit: Callable[[], None]) -> None:
        self._cluster, self._transport, self._records, self._permit = cluster, transport, records, permit

    def conclude(self, release: ReleaseId, revision: int) -> None:
        """See ClusterWriter. Each revision that is left behind is read by itself."""
        standing = self._records.standing(release)
        if standing.get(revision, "deployed") != "deployed":
            raise UnrecordedError(
                f"cluster {self._cluster}: {release} is written, but Helm could not record it: "
                f"revision {revision} is still {standing[revision]}",
                hint="apply again: it is repaired then",
            )
        deployed = max((version for version, status in standing.items() if status == "deployed"), default=0)
        for left in (version for version in standing if version < deployed):
            secret = self._records.find(release, left)
            if secret is not None:
                self._rewrite(secret, storage.superseded(secret))

    def failed(self, release: ReleaseId, revision: int, description: str) -> None:
        """See ClusterWriter."""
        secret = self._records.find(release, revision)
        if secret is None or not storage.is_pending(secret):
            raise ClusterError(f"cluster {self._cluster}: {release} has ended its operation meanwhile", hint=_AGAIN)
        self._rewrite(secret, storage.failed(secret, description))

    def removed(
        self,
        release: ReleaseId,
        revision: int,
        run: str | None,
        rewritten: Mapping[ObjectId, Kind | None],
        served: Mapping[Kind, Resource],
    ) -> None:
        """See ClusterWriter."""
        secret = self._present(release, revision)
        self._rewrite(secret, storage.removed(secret, release, run, rewritten, served))

    def returned(self, release: ReleaseId, target: int, run: str, revision: int) -> None:
        """See ClusterWriter."""
        secret = self._present(release, target)
        self._rewrite(secret, storage.returned(secret, run, revision))

    def _present(self, release: ReleaseId, revision: int) -> JsonMap:
        secret = self._records.find(release, revision)
        if secret is None:
            raise ClusterError(f"cluster {self._cluster}: {release} is removed by somebody else", hint=_AGAIN)
        return secret

    def _rewrite(self, secret: JsonMap, patch: JsonMap) -> None:
        self._permit()
        path = object_path(SECRETS, text_at(secret, "metadata", "namespace"), text_at(secret, "metadata", "name"))
        self._transport.patch(path, {}, patch, MERGE_PATCH)


_AGAIN = "apply again"
