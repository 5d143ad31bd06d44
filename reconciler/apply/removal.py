"""What is removed is looked at once more right before: somebody may have come to use it since the plan was made."""

from __future__ import annotations

import time

from reconciler.errors import ClusterError
from reconciler.model.cluster import ClusterWriter, Resource
from reconciler.model.contents import Going, foreign, owners, removable_kinds
from reconciler.model.identity import ObjectId, ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.manifest import id_of
from reconciler.model.observed import StoredRelease
from reconciler.model.ownership import ENVIRONMENT
from reconciler.model.plan import DeleteObject, UninstallRelease
from reconciler.model.removal import is_of, removed_ids

# Seconds. The garbage collector takes a moment for what the removed releases owned.
PATIENCE, PAUSE = 60.0, 0.5
_AGAIN = "look at a new plan"


def going(
    cluster: ClusterWriter, release: ReleaseId, work: UninstallRelease, run: str | None
) -> frozenset[ObjectId] | None:
    """The objects that go with a release, which is marked as one that this run uninstalls; None: it is not there.

    What is not its own any more is taken out of its manifest. Under a lock, `run` is this run.

    Raises:
        ClusterError: it was written to since, or another environment has taken it over.
    """
    stored = next((item for item in cluster.releases(release.namespace) if item.id == release), None)
    if stored is None:
        return None
    if stored.revision != work.revision or stored.labels.get(ENVIRONMENT) != work.environment:
        raise ClusterError(f"{release} was changed since it was looked at; it stays", hint=_AGAIN)
    others = _of_others(cluster, stored)
    if run or others:
        cluster.mark_removed(release, stored.revision, run, others)
    return frozenset(removed_ids(stored, cluster.resources())) - others


def delete(cluster: ClusterWriter, resource: Resource, work: DeleteObject) -> None:
    """Delete a secret or namespace, if it is as it was seen; a namespace only while nothing of others is in it.

    Raises:
        ClusterError: something of others is in the namespace, or does not go in time.
    """
    if work.going:
        _await_emptiness(cluster, work.deletion.name, work.going)
    cluster.delete(resource, work.deletion)


def _of_others(cluster: ClusterWriter, stored: StoredRelease) -> frozenset[ObjectId]:
    """What Helm would delete, or stumble over, that is not the release's: taken over, or of a kind that is gone."""
    resources = cluster.resources()

    def is_ours(identity: ObjectId) -> bool:
        if identity.kind not in resources:
            return False
        live = cluster.fetch(resources[identity.kind], identity.namespace, identity.name)
        return live is None or is_of(live, stored.id)

    return frozenset(identity for identity in removed_ids(stored, resources) if not is_ours(identity))


def _await_emptiness(cluster: ClusterWriter, namespace: str, going: Going) -> None:
    end = time.monotonic() + PATIENCE
    while left := foreign(_contents(cluster, namespace), going):
        names = ", ".join(str(id_of(item)) for item in left[:3])
        if not all(map(owners, left)) or time.monotonic() > end:
            message = f"cluster {cluster.name}: namespace {namespace} holds what is not removed with it: {names}"
            raise ClusterError(f"{message}; it stays", hint=_AGAIN)
        time.sleep(PAUSE)


def _contents(cluster: ClusterWriter, namespace: str) -> list[JsonMap]:
    if silent := cluster.silent():
        message = f"cluster {cluster.name}: what is in namespace {namespace} cannot be told"
        raise ClusterError(f"{message}: the server of {', '.join(silent)} does not answer; it stays", hint=_AGAIN)
    kinds = removable_kinds(cluster.resources())
    return [item for kind in kinds for item in cluster.metadata(kind, namespace, "", exact=True)]
