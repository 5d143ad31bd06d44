"""What goes with a release that the file no longer has: its objects as they are now, and the claims behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.cluster import ClusterReader, served_as
from reconciler.model.contents import CLAIM, claims_of, takes_claims
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap, text_at
from reconciler.model.observed import StoredRelease
from reconciler.model.orphans import EVERY, OrphanRelease
from reconciler.model.removal import is_of, removed_ids, silence
from reconciler.model.surroundings import Unread
from reconciler.observe.concurrency import concurrently
from reconciler.observe.surroundings import attempt, fetch_all

_CLAIM = Kind("v1", CLAIM)


def orphan_release(stored: StoredRelease, cluster: ClusterReader) -> OrphanRelease:
    """All of it that can be read.

    Raises:
        ClusterError: the cluster could not be read.
    """
    objects = _objects(stored, cluster)
    live = {identity: item for identity, item in objects.items() if item is not None and not isinstance(item, Unread)}
    takers = [item for item in live.values() if is_of(item, stored.id) and takes_claims(item)]
    claims = _claims(takers, cluster)
    listed = [claim for found in claims.values() if not isinstance(found, Unread) for claim in found]
    unread = {identity: why.reason for identity, why in [*objects.items(), *claims.items()] if isinstance(why, Unread)}
    return OrphanRelease(stored, live, claims_of(listed, takers), unread)


def _objects(stored: StoredRelease, cluster: ClusterReader) -> Mapping[ObjectId, JsonMap | Unread | None]:
    resources, silent = cluster.resources(), cluster.silent()
    places = {identity: served_as(identity.kind, resources) for identity in removed_ids(stored, resources)}
    served = [replace(identity, kind=place.kind) for identity, place in places.items() if place and identity.name]
    reasons = {identity: silence(identity.kind, silent) for identity, place in places.items() if not place}
    hidden = {identity: Unread(reason) for identity, reason in reasons.items() if reason}
    return {**fetch_all(cluster, resources, served), **hidden}


def _claims(takers: Iterable[JsonMap], cluster: ClusterReader) -> Mapping[ObjectId, Iterable[JsonMap] | Unread]:
    """Those of each namespace that one of these is in."""
    homes = sorted({text_at(item, "metadata", "namespace") for item in takers})
    resource = cluster.resources().get(_CLAIM)
    if resource is None:
        return {}
    found = concurrently(lambda home: attempt(lambda: cluster.metadata(resource, home, "", exact=True)), homes)
    return {ObjectId(_CLAIM, home, EVERY): listed for home, listed in zip(homes, found, strict=True)}
