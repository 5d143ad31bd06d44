"""Clusters → observed state: bounded concurrent reads; nothing is decided and nothing written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from reconciler.errors import ClusterError
from reconciler.model.attachment import ACCOUNT, accounts_of
from reconciler.model.cluster import ClusterReader, Resource
from reconciler.model.desired import Desired, Impersonation
from reconciler.model.graph import written_needs
from reconciler.model.identity import AccountId, Kind, NamespaceId, ObjectId, ReleaseId, SecretId
from reconciler.model.json import JsonMap, text_at
from reconciler.model.manifest import HELM_SELECTOR, object_id
from reconciler.model.observed import Observed, ObservedCluster, StoredRelease
from reconciler.model.ownership import ENVIRONMENT
from reconciler.observe.concurrency import concurrently

_NAMESPACE, _SECRET = Kind("v1", "Namespace"), Kind("v1", "Secret")
_Id = TypeVar("_Id", NamespaceId, SecretId)
_ENVIRONMENT_LABEL = ("metadata", "labels", ENVIRONMENT)


def observe(desired: Desired, clusters: Mapping[str, ClusterReader], now: datetime, *, exact: bool = False) -> Observed:
    """What the clusters hold of what is desired. Lists of objects may lag by a moment, unless `exact`.

    Raises:
        ClusterError: a cluster could not be read; when several could not, the message names each.
    """
    results = concurrently(lambda name: _try(desired, clusters[name], exact=exact), desired.clusters)
    failed = [result for result in results if isinstance(result, ClusterError)]
    if len(failed) == 1:
        raise failed[0]
    if failed:
        raise ClusterError("\n".join(map(str, failed)))
    return Observed({found.name: found for found in results if isinstance(found, ObservedCluster)}, now)


def _try(desired: Desired, cluster: ClusterReader, *, exact: bool) -> ObservedCluster | ClusterError:
    try:
        return _Observation(desired, cluster, exact=exact).run()
    except ClusterError as error:
        return error


class _Observation:
    """Reads one cluster."""

    def __init__(self, desired: Desired, cluster: ClusterReader, *, exact: bool) -> None:
        self._cluster = cluster
        self._exact = exact
        self._releases = [release for release in desired.releases if release.id.cluster == cluster.name]
        # With `--only`, something may be needed that was not selected.
        self._needed = {
            need for needs in written_needs(desired).values() for need in needs if need.cluster == cluster.name
        }
        known = (*self._releases, *(item for item in desired.unselected if item.id in self._needed))
        self._users = {release.id: release.impersonate for release in known}
        self._namespaces = [item.id for item in desired.namespaces if item.id.cluster == cluster.name]
        self._environment = desired.name
        self._accounts = [item.id for item in desired.accounts if item.id.cluster == cluster.name]
        own = [item.id for item in desired.secrets if item.id.cluster == cluster.name]
        self._secrets = [*own, *sorted(self._needs_of(SecretId) - set(own))]

    def run(self) -> ObservedCluster:
        resources = self._cluster.resources()
        releases = self._stored()
        namespaces = self._live_namespaces(resources[_NAMESPACE])
        return ObservedCluster(
            name=self._cluster.name,
            capabilities=self._cluster.capabilities(),
            resources=resources,
            namespaces={identity: item for identity, item in namespaces.items() if item is not None},
            missing_namespaces=frozenset(identity.name for identity, item in namespaces.items() if item is None),
            secrets=self._live_secrets(resources[_SECRET]),
            releases=releases,
            objects=self._objects(releases, resources),
            accounts=self._live_accounts(resources[ACCOUNT], namespaces),
        )

    def _needs_of(self, kind: type[_Id]) -> set[_Id]:
        return {need for need in self._needed if isinstance(need, kind)}

    def _stored(self) -> Mapping[ReleaseId, StoredRelease]:
        wanted = self._users
        places = list(dict.fromkeys((user, identity.namespace) for identity, user in wanted.items()))
        listed = concurrently(lambda place: self._cluster.acting_as(place[0]).releases(place[1]), places)
        return {
            stored.id: stored
            for (user, _), found in zip(places, listed, strict=True)
            for stored in found
            if stored.id in wanted and wanted[stored.id] == user
        }

    def _live_namespaces(self, resource: Resource) -> Mapping[NamespaceId, JsonMap | None]:
        homes = (NamespaceId(release.id.cluster, release.id.namespace) for release in self._releases)
        wanted = sorted({*self._namespaces, *homes, *self._needs_of(NamespaceId)})
        found = concurrently(lambda item: self._cluster.fetch(resource, "", item.name), wanted)
        return dict(zip(wanted, found, strict=True))

    def _live_secrets(self, resource: Resource) -> Mapping[SecretId, JsonMap]:
        found = concurrently(lambda item: self._cluster.fetch(resource, item.namespace, item.name), self._secrets)
        return {identity: item for identity, item in zip(self._secrets, found, strict=True) if item is not None}

    def _live_accounts(
        self, resource: Resource, namespaces: Mapping[NamespaceId, JsonMap | None]
    ) -> Mapping[AccountId, JsonMap]:
        """Those that are asked for, and those that the live namespaces still name."""
        attached = (
            AccountId(home.cluster, home.name, name)
            for home, item in namespaces.items()
            if item and home in self._namespaces and text_at(item, *_ENVIRONMENT_LABEL) == self._environment
            for name in accounts_of(item)
        )
        wanted = sorted({*self._accounts, *attached})
        found = concurrently(lambda item: self._cluster.fetch(resource, item.namespace, item.name), wanted)
        return {identity: item for identity, item in zip(wanted, found, strict=True) if item is not None}

    def _objects(
        self, releases: Mapping[ReleaseId, StoredRelease], resources: Mapping[Kind, Resource]
    ) -> Mapping[ObjectId, JsonMap]:
        ids = (
            (self._users.get(stored.id), object_id(item, stored.id, resources))
            for stored in releases.values()
            for item in stored.objects
        )
        lists = list(dict.fromkeys((user, item.kind, item.namespace) for user, item in ids if item.kind in resources))

        def read(place: tuple[Impersonation | None, Kind, str]) -> Sequence[JsonMap]:
            user, kind, namespace = place
            return self._cluster.acting_as(user).objects(resources[kind], namespace, HELM_SELECTOR, exact=self._exact)

        found: dict[ObjectId, JsonMap] = {}
        for (_, kind, namespace), items in zip(lists, concurrently(read, lists), strict=True):
            found.update((ObjectId(kind, namespace, text_at(item, "metadata", "name")), item) for item in items)
        return found
