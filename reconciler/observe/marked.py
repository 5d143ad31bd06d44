"""What carries an environment's label, by the metadata of objects alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from reconciler.errors import ApiError
from reconciler.model.cluster import ClusterReader, Resource
from reconciler.model.contents import is_going
from reconciler.model.desired import Desired
from reconciler.model.identity import Kind, NamespaceId, ReleaseId, SecretId, Target
from reconciler.model.json import JsonMap, text_at
from reconciler.model.ownership import ENVIRONMENT, is_kept_by_us
from reconciler.observe.concurrency import concurrently

NAMESPACES = Resource(Kind("v1", "Namespace"), "namespaces", namespaced=False)
SECRETS = Resource(Kind("v1", "Secret"), "secrets", namespaced=True)


@dataclass(frozen=True, slots=True)
class Marked:
    """What one cluster has of it; nothing in a namespace that is being deleted.

    Attributes:
        gaps: what could not be looked at, and why.
    """

    releases: frozenset[ReleaseId]
    secrets: frozenset[SecretId]
    namespaces: frozenset[NamespaceId]
    gaps: tuple[str, ...]

    @property
    def all(self) -> frozenset[Target]:
        """Of every kind."""
        return self.releases | self.secrets | self.namespaces

    def without(self, others: Collection[Target]) -> Marked:
        """The same but for these."""
        return replace(
            self,
            releases=self.releases.difference(others),
            secrets=self.secrets.difference(others),
            namespaces=self.namespaces.difference(others),
        )


@dataclass(frozen=True, slots=True)
class _Listed:
    """The metadata of objects, and why it may not be all."""

    items: tuple[JsonMap, ...] = ()
    gaps: tuple[str, ...] = ()


def find_marked(desired: Desired, cluster: ClusterReader) -> Marked:
    """Two lists, side by side. Raises ClusterError; a right that is missing is a gap."""
    spaces, secrets = concurrently(lambda look: look(desired, cluster), (_namespaces, _secrets))
    going = {text_at(item, "metadata", "name") for item in spaces.items if is_going(item)}
    held = [item for item in secrets.items if text_at(item, "metadata", "namespace") not in going]
    return Marked(
        frozenset(_releases(cluster.name, held)),
        frozenset(SecretId(cluster.name, *_place(item)) for item in held if is_kept_by_us(item)),
        frozenset(
            NamespaceId(cluster.name, _place(item)[1])
            for item in spaces.items
            if is_kept_by_us(item) and not is_going(item)
        ),
        (*spaces.gaps, *secrets.gaps),
    )


def _namespaces(desired: Desired, cluster: ClusterReader) -> _Listed:
    lost = "namespaces that the file no longer has are not seen"
    return _listed(cluster, NAMESPACES, "", f"{ENVIRONMENT}={desired.name}", lost)


def _secrets(desired: Desired, cluster: ClusterReader) -> _Listed:
    # A release of superseded revisions alone does not exist, and histories are long.
    selector = f"{ENVIRONMENT}={desired.name},status!=superseded"
    lost = "releases and secrets that the file no longer has are seen only in the namespaces that it has"
    everywhere = _listed(cluster, SECRETS, "", selector, lost)
    if not everywhere.gaps:
        return everywhere
    lost = "what the file no longer has is not seen"
    homes = _homes(desired, cluster.name)
    found = concurrently(lambda home: _listed(cluster, SECRETS, home, selector, f"{lost} in namespace {home}"), homes)
    items = tuple(item for listed in found for item in listed.items)
    return _Listed(items, (*everywhere.gaps, *(gap for listed in found for gap in listed.gaps)))


def _listed(cluster: ClusterReader, resource: Resource, namespace: str, selector: str, lost: str) -> _Listed:
    try:
        return _Listed(tuple(cluster.metadata(resource, namespace, selector)))
    except ApiError as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        return _Listed(gaps=(f"{lost}: {error.message}",))


def _homes(desired: Desired, cluster: str) -> Sequence[str]:
    inside = {item.id.namespace for item in desired.releases if item.id.cluster == cluster}
    inside.update(item.id.namespace for item in desired.secrets if item.id.cluster == cluster)
    return sorted(inside.union(item.id.name for item in desired.namespaces if item.id.cluster == cluster))


def _releases(cluster: str, secrets: Sequence[JsonMap]) -> Iterator[ReleaseId]:
    for item in secrets:
        if text_at(item, "metadata", "labels", "owner") == "helm":
            yield ReleaseId(cluster, _place(item)[0], text_at(item, "metadata", "labels", "name"))


def _place(item: JsonMap) -> tuple[str, str]:
    return text_at(item, "metadata", "namespace"), text_at(item, "metadata", "name")
