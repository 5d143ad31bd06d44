"""A Lease of coordination.k8s.io, read and written under its resourceVersion."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any

from reconciler.adapters.kube.kubeconfig import connection
from reconciler.adapters.kube.paths import object_path
from reconciler.adapters.kube.patience import MERGE_PATCH
from reconciler.adapters.kube.transport import Transport
from reconciler.errors import ApiError
from reconciler.model.cluster import Heard, Resource, unheard
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import Kind
from reconciler.model.json import JsonMap, number_at, text_at
from reconciler.model.lease import Lease, Wish
from reconciler.model.ownership import object_labels
from reconciler.model.policy import LockPolicy

_LEASES = Resource(Kind("coordination.k8s.io/v1", "Lease"), "leases", namespaced=True)
# The shape of a MicroTime: k8s.io/apimachinery/pkg/apis/meta/v1/micro_time.go
_MICRO_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
# Annotations. People may set and remove them too.
_SUSPENDED, _ASKED, _HEIR = "reconciler/suspended", "reconciler/asked", "reconciler/heir"
# A renewal that takes longer is tried anew: three fit into the time between two, and one behind the last moment.
REQUEST_SHARE = 1 / 6


class KubeLeases:
    """Implements `reconciler.model.lease.Leases`.

    Args:
        environment: whose lock it is.
        policy: where it is, and for how long it holds.
        heard: told what came of each request.
    """

    def __init__(self, access: ClusterAccess, environment: str, policy: LockPolicy, heard: Heard = unheard) -> None:
        self.cluster = access.name
        self._access, self._environment, self._policy = access, environment, policy
        self._name = f"reconciler-{environment}"
        self._heard = heard

    @cached_property
    def _transport(self) -> Transport:
        limit = self._policy.duration * REQUEST_SHARE
        return Transport(self.cluster, connection(self._access), limit=limit, heard=self._heard)

    def read(self) -> Lease | None:
        """See Leases."""
        return self._ask("GET", self._name, None, absent=(HTTPStatus.NOT_FOUND,))

    def write(self, lease: Lease) -> Lease | None:
        """See Leases. A patch, since a PUT would bring back one that was deleted to take the lock from its holder."""
        item = {"apiVersion": _LEASES.kind.api_version, "kind": "Lease", "spec": _spec(lease)}
        if lease.version:
            item["metadata"] = {"resourceVersion": lease.version, "annotations": _annotations(lease.wish)}
            return self._ask("PATCH", self._name, item, absent=(HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND))
        annotations = {key: text for key, text in _annotations(lease.wish).items() if text}
        labels = dict(object_labels(self._environment))
        item["metadata"] = {"name": self._name, "labels": labels, "annotations": annotations}
        return self._ask("POST", "", item, absent=(HTTPStatus.CONFLICT,))

    def _ask(self, method: str, name: str, item: Any, absent: tuple[HTTPStatus, ...]) -> Lease | None:
        """The Lease in the answer; None for the statuses `absent`."""
        path = object_path(_LEASES, self._policy.namespace, name)
        headers = {"Content-Type": MERGE_PATCH if method == "PATCH" else "application/json"} if item else {}
        try:
            return _lease(self._transport.ask(method, path, {}, item, headers).content)
        except ApiError as error:
            if error.status in absent:
                return None
            raise self._refused(error) from error

    def _refused(self, error: ApiError) -> ApiError:
        place = f"the lock of the environment, Lease {self._policy.namespace}/{self._name}"
        hint = error.hint
        if error.status == HTTPStatus.FORBIDDEN:
            hint = (
                f"ask for a Role in namespace {self._policy.namespace} that may get, create and patch "
                "leases.coordination.k8s.io; or name a namespace of yours in `policy.lock.namespace`"
            )
        elif error.status == HTTPStatus.NOT_FOUND:
            hint = "name a namespace that exists in `policy.lock.namespace`"
        return ApiError(f"{error.message} ({place})", status=error.status, reason=error.reason, hint=hint)


def _spec(lease: Lease) -> Mapping[str, Any]:
    times = {"acquireTime": lease.acquired, "renewTime": lease.renewed}
    spec: dict[str, Any] = {key: time.strftime(_MICRO_TIME) for key, time in times.items() if time}
    spec["holderIdentity"] = lease.holder or None
    # Whole seconds; that the holder is waited for a little longer than it counts on itself does no harm.
    spec |= {"leaseDurationSeconds": math.ceil(lease.duration), "leaseTransitions": lease.transitions}
    return spec


def _annotations(wish: Wish) -> Mapping[str, str | None]:
    """None takes one away."""
    return {_SUSPENDED: wish.suspended or None, _ASKED: wish.asked or None, _HEIR: wish.heir or None}


def _lease(item: JsonMap) -> Lease:
    return Lease(
        holder=text_at(item, "spec", "holderIdentity"),
        duration=float(number_at(item, "spec", "leaseDurationSeconds", default=0)),
        acquired=_time(text_at(item, "spec", "acquireTime")),
        renewed=_time(text_at(item, "spec", "renewTime")),
        transitions=number_at(item, "spec", "leaseTransitions", default=0),
        version=text_at(item, "metadata", "resourceVersion"),
        wish=Wish(
            suspended=text_at(item, "metadata", "annotations", _SUSPENDED),
            asked=text_at(item, "metadata", "annotations", _ASKED),
            heir=text_at(item, "metadata", "annotations", _HEIR),
        ),
    )


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
