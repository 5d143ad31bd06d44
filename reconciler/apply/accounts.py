"""Pull secrets are attached to a ServiceAccount as it is at that moment, so that nobody's entry is lost."""

from __future__ import annotations

import time
from http import HTTPStatus

from reconciler.errors import ApiError, ClusterError
from reconciler.model.attachment import attached
from reconciler.model.cluster import OWN_MANAGER, ClusterWriter, Resource
from reconciler.model.json import JsonMap, as_map, text_at
from reconciler.model.plan import AttachPullSecrets

# Seconds. A controller makes a namespace's default account in a moment, and writers of accounts are few.
PATIENCE, PAUSE = 15.0, 0.1


def attach(cluster: ClusterWriter, resource: Resource, work: AttachPullSecrets) -> None:
    """Read, change, write if nobody else wrote in between; again where somebody did, or where there is none yet.

    Raises:
        ClusterError: there is no such account in time, or it does not come to rest.
    """
    end = time.monotonic() + PATIENCE
    why = "is not there"
    while True:
        live = cluster.fetch(resource, work.account.namespace, work.account.name)
        if live is not None:
            if _written(cluster, resource, work, live):
                return
            why = "is changed by somebody else again and again"
        if time.monotonic() > end:
            raise ClusterError(f"cluster {cluster.name}: {work.account} {why}", hint="apply again")
        time.sleep(PAUSE)


def _written(cluster: ClusterWriter, resource: Resource, work: AttachPullSecrets, live: JsonMap) -> bool:
    """Whether the write was taken; it is refused when the account has changed since it was read."""
    item = attached(live, work.account.namespace, work.account.name, work.environment, work.secrets)
    version = {"resourceVersion": text_at(live, "metadata", "resourceVersion")}
    try:
        cluster.apply(resource, {**item, "metadata": {**as_map(item["metadata"]), **version}}, OWN_MANAGER)
    except ApiError as error:
        if error.status == HTTPStatus.CONFLICT:
            return False
        raise
    return True
