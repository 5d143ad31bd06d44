"""A look at an environment → what it expects of its clusters until the next one; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reconciler.daemon.watch.expected import (
    RELEASE,
    Expectations,
    Expected,
    Source,
    Version,
    lacks,
    order_of,
    packed,
    state_of,
)
from reconciler.errors import Location
from reconciler.model.attachment import ACCOUNT
from reconciler.model.desired import ClusterAccess, Desired, Release
from reconciler.model.identity import ObjectId, Target
from reconciler.model.json import JsonMap
from reconciler.model.manifest import HELM_SELECTOR, as_applied, as_stored, goes_when_done, object_id
from reconciler.model.observed import Observed, ObservedCluster, StoredRelease
from reconciler.model.ownership import MANAGED_BY, PROGRAM
from reconciler.model.pods import SECRET
from reconciler.plan.own import OwnState

_OWN = f"{MANAGED_BY}={PROGRAM}"
# As in a plan: a revision that is superseded says nothing any more.
_RECORDS = "owner=helm,status!=superseded"
# Where an environment's file says how to reach a cluster is nothing that tells clusters apart.
_ANYWHERE = Location("", 0, 0)

_Found = tuple[Source, ObjectId, Expected]


def expectations(desired: Desired, observed: Observed, own: Iterable[OwnState]) -> Expectations:
    """What an environment expects, as of this look at it, with the states of what it keeps beside releases."""
    objects: dict[tuple[ClusterAccess, ObjectId], Expected] = {}
    sources: dict[Source, set[str]] = {}
    for source, key, expected in _all(desired, observed, own):
        objects[source.access, key] = expected
        sources.setdefault(source, set()).add(key.namespace)
    return Expectations(objects, {source: frozenset(names) for source, names in sources.items()})


def _all(desired: Desired, observed: Observed, own: Iterable[OwnState]) -> Iterator[_Found]:
    for release in desired.releases:
        cluster, access = observed.clusters[release.id.cluster], _access(desired, release)
        stored = cluster.releases.get(release.id)
        yield _record(access, release, stored, cluster)
        if stored:
            yield from _objects(access, stored, cluster)
    yield from _own(desired, observed, own)


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
        manifest = as_stored(as_applied(item, identity, stored.id))
        expected = _expected(stored.id, manifest, cluster.objects.get(identity))
        yield Source(access, resource, HELM_SELECTOR), identity, replace(expected, may_go=goes_when_done(item))


def _own(desired: Desired, observed: Observed, own: Iterable[OwnState]) -> Iterator[_Found]:
    for state in own:
        cluster = observed.clusters[state.target.cluster]
        access = replace(desired.clusters[cluster.name], where=_ANYWHERE)
        # A ServiceAccount is another's, and has no label of ours.
        selector = "" if state.id.kind == ACCOUNT else _OWN
        source = Source(access, cluster.resources[state.id.kind], selector)
        yield source, state.id, _expected(state.target, state.item, state.live)


def _expected(target: Target, manifest: JsonMap, live: JsonMap | None) -> Expected:
    if live is None:
        return Expected(target, None, packed(manifest))
    return Expected(target, state_of(live, whole=True), packed(manifest), lacking=lacks(manifest, live))
