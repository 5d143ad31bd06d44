"""What is done to live objects before a release is written: old ones are deleted, or marked as the release's."""

from __future__ import annotations

import threading
import time
from http import HTTPStatus

from reconciler.errors import ApiError, ClusterError
from reconciler.model.cluster import HELM_MANAGER, ClusterWriter, Deletion, Resource
from reconciler.model.identity import ObjectId
from reconciler.model.json import JsonMap, dig, text_at
from reconciler.model.manifest import as_applied, owner
from reconciler.model.naming import name_of
from reconciler.model.preparation import Adoption, Recreation

# Seconds. Pods have half a minute to end unless their templates give them more; Helm gives hooks as much as this.
PATIENCE, PAUSE = 300.0, 0.2


def delete_old(cluster: ClusterWriter, resource: Resource, work: Recreation, stop: threading.Event) -> None:
    """Delete an object that is made anew, and wait until it is gone.

    Another one that took its place stays: this may be done for the second time, and whose it is Helm looks at itself.

    Raises:
        ClusterError: it does not go, or `stop` was set.
    """
    try:
        cluster.delete(resource, Deletion(work.id.namespace, work.id.name, work.uid, cascade=work.cascade))
    except ApiError as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
    end = time.monotonic() + PATIENCE
    while (live := _same(cluster, resource, work)) is not None:
        if time.monotonic() > end or stop.wait(PAUSE):
            raise _stays(cluster, work.id, live)


def adopt(cluster: ClusterWriter, resource: Resource, work: Adoption) -> None:
    """Mark an object as the release's, if it still is nobody's: read, mark, again where it changed in between.

    Only so does Helm take it over; its own option for that is one for everything that a release has.

    Raises:
        ClusterError: it is gone, or somebody else's by now.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        live = cluster.fetch(resource, work.id.namespace, work.id.name)
        if live is None or text_at(live, "metadata", "uid") != work.uid:
            raise _moved(cluster, work.id)
        if owner(live) not in (None, (work.release.namespace, work.release.name)):
            raise _moved(cluster, work.id)
        if _marked(cluster, resource, _marks(work, live)):
            return
        time.sleep(PAUSE)
    raise _moved(cluster, work.id)


def _same(cluster: ClusterWriter, resource: Resource, work: Recreation) -> JsonMap | None:
    live = cluster.fetch(resource, work.id.namespace, work.id.name)
    return live if live is not None and text_at(live, "metadata", "uid") == work.uid else None


def _marks(work: Adoption, live: JsonMap) -> JsonMap:
    version = {key: text_at(live, "metadata", key) for key in ("uid", "resourceVersion")}
    bare: JsonMap = {
        "apiVersion": work.id.kind.api_version,
        "kind": work.id.kind.name,
        "metadata": {"name": work.id.name, **version},
    }
    return as_applied(bare, work.id, work.release)


def _marked(cluster: ClusterWriter, resource: Resource, item: JsonMap) -> bool:
    """Whether the write was taken; it is refused when the object has changed since it was read."""
    try:
        cluster.apply(resource, item, HELM_MANAGER)
    except ApiError as error:
        if error.status == HTTPStatus.CONFLICT:
            return False
        raise
    return True


def _moved(cluster: ClusterWriter, identity: ObjectId) -> ClusterError:
    message = f"cluster {cluster.name}: {identity} is no longer what the plan was made for"
    return ClusterError(message, hint="plan again, and look at it")


def _stays(cluster: ClusterWriter, identity: ObjectId, live: JsonMap) -> ClusterError:
    finalizers = dig(live, "metadata", "finalizers")
    waits = f": it waits for {', '.join(map(str, finalizers))}" if isinstance(finalizers, list) and finalizers else ""
    message = f"cluster {cluster.name}: {identity} is still being deleted{waits}"
    return ClusterError(message, hint=f"see what keeps it, then apply again with --allow-recreate {name_of(identity)}")
