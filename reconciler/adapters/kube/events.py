"""Kubernetes Events about releases."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from reconciler.adapters.kube.kubeconfig import connection
from reconciler.adapters.kube.paths import object_path
from reconciler.adapters.kube.patience import MERGE_PATCH
from reconciler.adapters.kube.reader import KubeReader
from reconciler.adapters.kube.transport import Transport
from reconciler.errors import ApiError
from reconciler.model.cluster import Heard, Resource, unheard
from reconciler.model.desired import ClusterAccess
from reconciler.model.happening import Happening
from reconciler.model.identity import Kind, ReleaseId

_EVENTS = Resource(Kind("events.k8s.io/v1", "Event"), "events", namespaced=True)
_CONTROLLER = "reconciler/sync"
# The shape of a MicroTime: k8s.io/apimachinery/pkg/apis/meta/v1/micro_time.go
_MICRO_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
# Bytes: k8s.io/kubernetes/pkg/apis/core/validation/events.go
_LONGEST_NOTE, _LONGEST_INSTANCE = 1024, 128
# An event that is older gets no more counts: the server forgets it after an hour.
_SERIES = timedelta(minutes=30)
# So many of the last events may be counted up.
_MOST_KNOWN = 500
# Seconds. An event that takes longer is of no use.
_LIMIT = 10.0


@dataclass(frozen=True, slots=True)
class _Written:
    name: str
    count: int
    begun: datetime


class KubeEvents:
    """Implements `reconciler.model.happening.Journal`. Not to be used by two threads at once."""

    def __init__(self, access: ClusterAccess, heard: Heard = unheard) -> None:
        self._access, self._heard = access, heard
        self._reader = KubeReader(access, heard)
        self._written: dict[Happening, _Written] = {}

    @cached_property
    def _transport(self) -> Transport:
        return Transport(self._access.name, connection(self._access), limit=_LIMIT, heard=self._heard)

    def record(self, happening: Happening) -> None:
        """See Journal."""
        now = datetime.now(UTC)
        known = self._written.pop(happening, None)
        counted = self._counted(happening, known, now) if known and now - known.begun < _SERIES else None
        self._written[happening] = counted or self._new(happening, now)
        while len(self._written) > _MOST_KNOWN:
            del self._written[next(iter(self._written))]

    def _counted(self, happening: Happening, known: _Written, now: datetime) -> _Written | None:
        """The event that there is, with one more; None: the server has forgotten it."""
        series = {"count": known.count + 1, "lastObservedTime": now.strftime(_MICRO_TIME)}
        path = object_path(_EVENTS, happening.release.namespace, known.name)
        try:
            self._transport.patch(path, {}, {"series": series}, MERGE_PATCH)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return replace(known, count=known.count + 1)

    def _new(self, happening: Happening, now: datetime) -> _Written:
        release = happening.release
        name = f"{release.name}.{uuid4().hex[:16]}"
        path = object_path(_EVENTS, release.namespace)
        revision = max(1, self._reader.newest_revision(release))
        body = _event(happening, name, revision, now)
        self._transport.ask("POST", path, {}, body, {"Content-Type": "application/json"})
        return _Written(name, 1, now)


def _event(happening: Happening, name: str, revision: int, now: datetime) -> Mapping[str, Any]:
    return {
        "apiVersion": _EVENTS.kind.api_version,
        "kind": _EVENTS.kind.name,
        "metadata": {"name": name, "namespace": happening.release.namespace},
        "eventTime": now.strftime(_MICRO_TIME),
        "reportingController": _CONTROLLER,
        "reportingInstance": socket.gethostname()[:_LONGEST_INSTANCE] or "unknown",
        "action": "Reconcile",
        "reason": happening.reason.value,
        "type": "Warning" if happening.reason.is_warning else "Normal",
        "note": _cut(f"release {happening.release.name}: {happening.note}"),
        "regarding": _secret(happening.release, revision),
    }


def _secret(release: ReleaseId, revision: int) -> Mapping[str, str]:
    """Helm's Secret of the release's newest revision: there is no other object that stands for a release."""
    name = f"sh.helm.release.v1.{release.name}.v{revision}"
    return {"apiVersion": "v1", "kind": "Secret", "namespace": release.namespace, "name": name}


def _cut(note: str) -> str:
    return note.encode()[:_LONGEST_NOTE].decode(errors="ignore")
