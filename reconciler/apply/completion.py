"""What Helm passes over: an object that it cannot look at stays, and so does a mark that it cannot write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.errors import ClusterError
from reconciler.model.cluster import ClusterWriter, Deletion
from reconciler.model.identity import ObjectId, ReleaseId
from reconciler.model.json import JsonMap, text_at
from reconciler.model.plan import ObjectChange, Verb
from reconciler.model.removal import is_of


def complete_write(cluster: ClusterWriter, release: ReleaseId, revision: int, changes: Iterable[ObjectChange]) -> None:
    """The revision is recorded, no object that it drops is left, and no earlier one is marked as deployed.

    Raises:
        UnrecordedError: it is still marked as under way.
        ClusterError: the rest could not be seen, or be done.
    """
    cluster.conclude(release, revision)
    dropped = ((change.id, change.version) for change in changes if change.verb is Verb.DELETE)
    complete_removal(cluster, release, {identity: version.uid for identity, version in dropped if version})


def complete_removal(cluster: ClusterWriter, release: ReleaseId, gone: Mapping[ObjectId, str]) -> None:
    """None of these objects of a release is left, which are given with their uids; others of their names stay.

    Raises:
        ClusterError: that could not be seen, or be done.
    """
    for identity, uid in gone.items():
        try:
            _remove(cluster, release, identity, uid)
        except ClusterError as error:
            # No plan would find it: Helm's record of it is gone.
            error.hint = f"see whether {identity} is left of {release}, and delete it"
            raise


def _remove(cluster: ClusterWriter, release: ReleaseId, identity: ObjectId, uid: str) -> None:
    resource = cluster.resources().get(identity.kind)
    live = cluster.fetch(resource, identity.namespace, identity.name) if resource else None
    if resource and live and text_at(live, "metadata", "uid") == uid and _is_left(live, release):
        cluster.delete(resource, Deletion(identity.namespace, identity.name, uid))


def _is_left(live: JsonMap, release: ReleaseId) -> bool:
    return is_of(live, release) and not text_at(live, "metadata", "deletionTimestamp")
