"""What is removed is looked at once more right before: somebody may have come to use it since the plan was made."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from reconciler.errors import ClusterError
from reconciler.model.cluster import ClusterWriter, Resource, served_as
from reconciler.model.contents import Going, foreign, owners, removable_kinds
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, text_at
from reconciler.model.manifest import id_of
from reconciler.model.observed import StoredRelease
from reconciler.model.ownership import ENVIRONMENT
from reconciler.model.plan import DeleteObject, UninstallRelease
from reconciler.model.removal import is_of, removed_ids, silence

# Seconds. The garbage collector takes a moment for what the removed releases owned.
PATIENCE, PAUSE = 60.0, 0.5
_AGAIN = "look at a new plan"


def going(
    cluster: ClusterWriter, release: ReleaseId, work: UninstallRelease, run: str | None
) -> Mapping[ObjectId, str] | None:
    """The objects that go with a release, with their uids; it is marked as one that this run uninstalls.

    None: it is not there.

    What is not its own any more is taken out of its manifest, and what is not served as it stands there gets the
    version that is. Under a lock, `run` is this run.

    Raises:
        ClusterError: it was written to since, another environment has taken it over, or what there is cannot be told.
    """
    stored = next((item for item in cluster.releases(release.namespace) if item.id == release), None)
    if stored is None:
        return None
    if stored.revision != work.revision or stored.labels.get(ENVIRONMENT) != work.environment:
        raise ClusterError(f"{release} was changed since it was looked at; it stays", hint=_AGAIN)
    own, rewritten = _sorted_out(cluster, stored)
    if run or rewritten:
        cluster.mark_removed(release, stored.revision, run, rewritten)
    return own


def delete(cluster: ClusterWriter, resource: Resource, work: DeleteObject) -> None:
    """Delete a secret or namespace, if it is as it was seen; a namespace only while nothing of others is in it.

    Raises:
        ClusterError: something of others is in the namespace, or does not go in time.
    """
    if work.going:
        _await_emptiness(cluster, work.deletion.name, work.going)
    cluster.delete(resource, work.deletion)


def _sorted_out(
    cluster: ClusterWriter, stored: StoredRelease
) -> tuple[Mapping[ObjectId, str], Mapping[ObjectId, Kind | None]]:
    """The release's own objects that there are, and what Helm is to know by another kind, or (None) to leave.

    It would delete what was taken over, and stumble over a version that is not served any more. An object in such a
    version stays in the record: whoever tries again, should Helm fail, knows of it by nothing else.
    """
    own: dict[ObjectId, str] = {}
    rewritten: dict[ObjectId, Kind | None] = {}
    resources = cluster.resources()
    for identity in removed_ids(stored, resources):
        resource = served_as(identity.kind, resources)
        live = _live(cluster, resource, identity)
        if resource is None or (live and not is_of(live, stored.id)):
            rewritten[identity] = None
            continue
        if live:
            own[replace(identity, kind=resource.kind)] = text_at(live, "metadata", "uid")
        if resource.kind != identity.kind:
            rewritten[identity] = resource.kind
    return own, rewritten


def _live(cluster: ClusterWriter, resource: Resource | None, identity: ObjectId) -> JsonMap | None:
    if resource:
        return cluster.fetch(resource, identity.namespace, identity.name)
    if why := silence(identity.kind, cluster.silent()):
        raise ClusterError(f"cluster {cluster.name}: whether {identity} is there cannot be told: {why}", hint=_AGAIN)
    return None


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
