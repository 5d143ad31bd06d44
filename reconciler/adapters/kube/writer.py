"""Writes to one cluster's API server. A class of its own, so that a plan cannot write by mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Self

from reconciler.adapters.kube.marks import Marks
from reconciler.adapters.kube.paths import object_path
from reconciler.adapters.kube.reader import KubeReader
from reconciler.errors import ApiError
from reconciler.model.cluster import Deletion, Heard, Resource, unheard
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, text_at

_EXISTS = "AlreadyExists"


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

    @cached_property
    def _marks(self) -> Marks:
        return Marks(self.name, self._transport, self._records, self._permit)

    def conclude(self, release: ReleaseId, revision: int) -> None:
        """See ClusterWriter."""
        self._marks.conclude(release, revision)

    def mark_failed(self, release: ReleaseId, revision: int, description: str) -> None:
        """See ClusterWriter."""
        self._marks.failed(release, revision, description)

    def mark_removed(
        self, release: ReleaseId, revision: int, run: str | None, rewritten: Mapping[ObjectId, Kind | None]
    ) -> None:
        """See ClusterWriter."""
        self._marks.removed(release, revision, run, rewritten, self.resources())

    def mark_rollback(self, release: ReleaseId, target: int, run: str, revision: int) -> None:
        """See ClusterWriter."""
        self._marks.returned(release, target, run, revision)
