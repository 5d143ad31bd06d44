"""A look at an environment → what it expects of its clusters until the next one; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.daemon.expected import RELEASE, Expectations, Expected, Source, Version, order_of, packed, state_of
from reconciler.errors import Location
from reconciler.model.desired import ClusterAccess, Desired, Release
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap
from reconciler.model.manifest import HELM_SELECTOR, as_applied, as_stored, goes_when_done, object_id
from reconciler.model.observed import Observed, ObservedCluster, StoredRelease
from reconciler.model.ownership import MANAGED_BY, PROGRAM
from reconciler.model.pods import SECRET

_NAMESPACE = Kind("v1", "Namespace")
_OWN = f"{MANAGED_BY}={PROGRAM}"
# As in a plan: a revision that is superseded says nothing any more.
_RECORDS = "owner=helm,status!=superseded"
# Where an environment's file says how to reach a cluster is nothing that tells clusters apart.
_ANYWHERE = Location("", 0, 0)

_Found = tuple[Source, ObjectId, Expected]


def expectations(desired: Desired, observed: Observed) -> Expectations:
    """What an environment expects, as of this look at it."""
    objects: dict[tuple[ClusterAccess, ObjectId], Expected] = {}
    sources: dict[Source, set[str]] = {}
    for source, key, expected in _all(desired, observed):
        objects[source.access, key] = expected
        sources.setdefault(source, set()).add(key.namespace)
    return Expectations(objects, {source: frozenset(names) for source, names in sources.items()})


def _all(desired: Desired, observed: Observed) -> Iterator[_Found]:
    for release in desired.releases:
        cluster, access = observed.clusters[release.id.cluster], _access(desired, release)
        stored = cluster.releases.get(release.id)
        yield _record(access, release, stored, cluster)
        if stored:
            yield from _objects(access, stored, cluster)
    for name, cluster in observed.clusters.items():
        yield from _own(desired, replace(desired.clusters[name], where=_ANYWHERE), cluster)


def _access(desired: Desired, release: Release) -> ClusterAccess:
    return replace(desired.clusters[release.id.cluster].acting_as(release.impersonate), where=_ANYWHERE)


def _record(access: ClusterAccess, release: Release, stored: StoredRelease | None, cluster: ObservedCluster) -> _Found:
    source = Source(access, cluster.resources[SECRET], _RECORDS, whole=False)
    text = stored.version.resource_version if stored else ""
    settled = Version(order_of(text), text, stored.revision) if stored else None
    return source, ObjectId(RELEASE, release.id.namespace, release.id.name), Expected(release.id, settled)


def _objects(access: ClusterAccess, stored: StoredRelease, cluster: ObservedCluster) -> Iterator[_Found]:
    for item in stored.objects:
        identity = object_id(item, stored.id, cluster.resources)
        resource = cluster.resources.get(identity.kind)
        if resource is None or not resource.is_removable:
            continue
        live = cluster.objects.get(identity)
        manifest = packed(as_stored(as_applied(item, identity, stored.id)))
        expected = Expected(stored.id, _state(live), manifest, may_go=goes_when_done(item))
        yield Source(access, resource, HELM_SELECTOR), identity, expected


def _own(desired: Desired, access: ClusterAccess, cluster: ObservedCluster) -> Iterator[_Found]:
    for namespace in desired.namespaces:
        if namespace.id.cluster == cluster.name:
            key, live = ObjectId(_NAMESPACE, "", namespace.id.name), cluster.namespaces.get(namespace.id)
            yield Source(access, cluster.resources[_NAMESPACE], _OWN), key, Expected(namespace.id, _state(live))
    for secret in desired.secrets:
        if secret.id.cluster == cluster.name:
            key, live = ObjectId(SECRET, secret.id.namespace, secret.id.name), cluster.secrets.get(secret.id)
            yield Source(access, cluster.resources[SECRET], _OWN), key, Expected(secret.id, _state(live))


def _state(live: JsonMap | None) -> Version | None:
    return state_of(live, whole=True) if live else None
