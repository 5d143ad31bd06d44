"""Pods that look from the nodes: made, waited for, and removed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from uuid import uuid4

from reconciler.adapters.kube.kubeconfig import connection
from reconciler.adapters.kube.lists import items_of
from reconciler.adapters.kube.paths import object_path
from reconciler.adapters.kube.probe_pod import DEADLINE, RUN_LABEL, attempts, is_done, is_left_over, probe_pod
from reconciler.adapters.kube.transport import Transport
from reconciler.errors import ApiError
from reconciler.model.cluster import Resource
from reconciler.model.desired import ClusterAccess
from reconciler.model.identity import Kind
from reconciler.model.json import JsonMap, text_at
from reconciler.model.node_probe import Attempt, Target

_PODS = Resource(Kind("v1", "Pod"), "pods", namespaced=True)
_PAUSE = 0.3
_AT_ONCE = {"gracePeriodSeconds": "0"}


class KubeNodeProber:
    """Implements `reconciler.model.node_probe.NodeProber`.

    Args:
        image: answers to `connect HOST:PORT` as agnhost of the Kubernetes project does.
    """

    def __init__(
        self,
        access: ClusterAccess,
        image: str,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._access, self._image = access, image
        self._now, self._sleep = now, sleep

    @cached_property
    def _transport(self) -> Transport:
        return Transport(self._access.name, connection(self._access))

    def probe(self, namespace: str, nodes: Sequence[str], targets: Sequence[Target]) -> Sequence[Attempt]:
        """See NodeProber."""
        self._remove_leftovers(namespace)
        run = uuid4().hex[:10]
        # Before the first is made, so that none is forgotten, wherever this is interrupted.
        names = {f"reconciler-probe-{run}-{number}": node for number, node in enumerate(nodes)}
        try:
            for name, node in names.items():
                self._create(probe_pod(name, namespace, node, self._image, targets, run))
            found = self._wait(namespace, run, len(names))
        finally:
            self._remove(namespace, names)
        return [attempt for name, node in names.items() for attempt in attempts(found.get(name), node, targets)]

    def _create(self, pod: JsonMap) -> None:
        path = object_path(_PODS, text_at(pod, "metadata", "namespace"))
        self._transport.ask("POST", path, {}, pod, {"Content-Type": "application/json"})

    def _wait(self, namespace: str, run: str, count: int) -> Mapping[str, JsonMap]:
        """The pods when all are done, or as they are at the end of their time."""
        end = self._now().timestamp() + DEADLINE
        while True:
            found = {text_at(pod, "metadata", "name"): pod for pod in self._pods(namespace, f"{RUN_LABEL}={run}")}
            if sum(map(is_done, found.values())) >= count or self._now().timestamp() >= end:
                return found
            self._sleep(_PAUSE)

    def _remove_leftovers(self, namespace: str) -> None:
        now = self._now()
        pods = self._pods(namespace, RUN_LABEL)
        self._remove(namespace, [text_at(pod, "metadata", "name") for pod in pods if is_left_over(pod, now)])

    def _pods(self, namespace: str, selector: str) -> list[JsonMap]:
        answer = self._transport.get(object_path(_PODS, namespace), {"labelSelector": selector})
        return items_of(answer, self._transport.cluster)

    def _remove(self, namespace: str, names: Iterable[str]) -> None:
        """Remove pods, as many as can be: one that is refused keeps none of the others."""
        refused: ApiError | None = None
        for name in names:
            try:
                self._transport.ask("DELETE", object_path(_PODS, namespace, name), _AT_ONCE)
            except ApiError as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    refused = error
        if refused:
            raise refused
