"""What Helm passes over: an object that it cannot look at stays, and so does a mark that it cannot write."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.cluster import ClusterWriter, Deletion
from reconciler.model.identity import ObjectId, ReleaseId
from reconciler.model.json import text_at
from reconciler.model.plan import ObjectChange, Verb
from reconciler.model.removal import is_of


def complete_upgrade(cluster: ClusterWriter, release: ReleaseId, changes: Iterable[ObjectChange]) -> None:
    """No object that it drops is left, and no earlier revision is marked as deployed. Raises as `complete_removal`."""
    complete_removal(cluster, release, (change.id for change in changes if change.verb is Verb.DELETE))
    cluster.supersede(release)


def complete_removal(cluster: ClusterWriter, release: ReleaseId, gone: Iterable[ObjectId]) -> None:
    """None of these objects of a release is left. Raises ClusterError: that could not be seen, or be done."""
    resources = cluster.resources()
    for identity in gone:
        resource = resources.get(identity.kind)
        live = cluster.fetch(resource, identity.namespace, identity.name) if resource else None
        if resource and live and is_of(live, release) and not text_at(live, "metadata", "deletionTimestamp"):
            uid = text_at(live, "metadata", "uid")
            cluster.delete(resource, Deletion(identity.namespace, identity.name, uid))
