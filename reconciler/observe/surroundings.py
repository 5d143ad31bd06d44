"""What else is in a cluster → surroundings: only what the environment's objects make worth reading."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import TypeVar

from reconciler.errors import ApiError
from reconciler.model.cluster import ClusterReader, Resource
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap
from reconciler.model.probe import ClusterProber
from reconciler.model.surroundings import Reading, Surroundings, Unread
from reconciler.observe.concurrency import concurrently

_SERVICE, _POD, _NODE = Kind("v1", "Service"), Kind("v1", "Pod"), Kind("v1", "Node")
_QUOTA, _LIMITS = Kind("v1", "ResourceQuota"), Kind("v1", "LimitRange")

T = TypeVar("T")


def look_around(
    prober: ClusterProber,
    resources: Mapping[Kind, Resource],
    namespaces: Iterable[str],
    *,
    services: bool,
    hosts: bool,
    nodes: bool,
) -> Surroundings:
    """The quotas of these namespaces, and what else is asked for; what may not be read is said to be so."""

    def read(kind: Kind, namespace: str = "") -> Reading:
        return attempt(lambda: prober.listed(resources[kind], namespace))

    homes = sorted(namespaces)
    quotas = dict(zip(homes, concurrently(lambda home: read(_QUOTA, home), homes), strict=True))
    counted = [home for home, found in quotas.items() if found and not isinstance(found, Unread)]
    limits = dict(zip(counted, concurrently(lambda home: read(_LIMITS, home), counted), strict=True))
    return Surroundings(
        services=read(_SERVICE) if services else (),
        pods=read(_POD) if hosts else (),
        nodes=read(_NODE) if hosts or nodes else (),
        quotas=quotas,
        limits=limits,
    )


def fetch_all(
    reader: ClusterReader, resources: Mapping[Kind, Resource], wanted: Sequence[ObjectId]
) -> Mapping[ObjectId, JsonMap | Unread | None]:
    """Objects by name: each as it is now, None where there is none, or why it could not be read."""

    def one(identity: ObjectId) -> JsonMap | Unread | None:
        resource = resources.get(identity.kind)
        if resource is None:
            return Unread(f"the cluster does not serve {identity.kind}")
        return attempt(lambda: reader.fetch(resource, identity.namespace, identity.name))

    return dict(zip(wanted, concurrently(one, wanted), strict=True))


def attempt(read: Callable[[], T]) -> T | Unread:
    """What was read, or why it may not or cannot be: a missing right, or an API that is down, is no end of everything.

    Raises:
        ApiError: who asks is not known, and sees nothing at all.
    """
    try:
        return read()
    except ApiError as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            raise
        return Unread(error.message)
