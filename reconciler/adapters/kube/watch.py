"""Places of a cluster, watched: listed once, and then told of each change, over connections that come and go.

The protocol: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from reconciler.adapters.kube.kubeconfig import connection
from reconciler.adapters.kube.lists import items_of
from reconciler.adapters.kube.paths import object_path
from reconciler.adapters.kube.stream import Stream
from reconciler.adapters.kube.transport import Transport
from reconciler.errors import ApiError, ClusterError
from reconciler.model.cluster import Heard, unheard
from reconciler.model.desired import ClusterAccess
from reconciler.model.json import Json, JsonMap, as_map, number_at, text_at
from reconciler.model.watch import Place, Sink

_LOGGER = logging.getLogger("reconciler.watch")
_METADATA = "application/json;as=PartialObjectMetadata{};g=meta.k8s.io;v=v1"
# Objects in one answer of a list. ConfigMaps and Secrets may be 1 MB each.
_PAGE = 200
# One for each place; connections that are kept beyond it would be closed with a warning.
_CONNECTIONS = 512
# What waiting does not change soon: a right that is missing, a kind that is not served or cannot be watched.
_LASTING = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
# The version that we go on from is too old; or, after a restored backup, too new.
_OUTDATED = (HTTPStatus.GONE, HTTPStatus.GATEWAY_TIMEOUT)


@dataclass(frozen=True, slots=True)
class WatchPace:
    """How long things take, in seconds.

    Attributes:
        longest: how long the server keeps one watch open, at most; at least half of that, so that not all end at once.
        grace: how much longer an open one is believed in.
        brief: a watch that ends in order before that, and told nothing, has failed: something between cuts it off.
        first: the wait after a failure; doubled with each further one up to `last`.
        rest: the wait after what will not pass by itself.
    """

    longest: float = 1200.0
    grace: float = 30.0
    brief: float = 1.0
    first: float = 0.2
    last: float = 30.0
    rest: float = 600.0

    def after(self, failures: int, chance: float) -> float:
        """The wait after so many failures in a row; `chance` from 0 to 1, evenly."""
        # The power of a long row is larger than any float.
        return min(self.last, self.first * 2.0 ** min(failures - 1, 32)) * (1 - chance / 2)


class KubeWatcher:
    """Implements `reconciler.model.watch.Watcher`; each place by a thread and a connection of its own.

    Args:
        heard: told what came of each request.
    """

    def __init__(self, access: ClusterAccess, heard: Heard = unheard, pace: WatchPace = WatchPace()) -> None:
        self._access, self._heard = access, heard
        self._pace = pace
        self._lock = threading.Lock()
        self._transport: Transport | None = None

    def watch(self, place: Place, sink: Sink) -> Informer:
        """See Watcher."""
        made = Informer(self._connected, place, sink, self._pace)
        name = f"watch {self._access.name} {place.resource.plural} {place.namespace}".rstrip()
        threading.Thread(target=made.run, name=name, daemon=True).start()
        return made

    def _connected(self) -> Transport:
        """The transport of all places. Raises ClusterError."""
        with self._lock:
            if self._transport is None:
                access = self._access
                self._transport = Transport(access.name, connection(access), heard=self._heard, size=_CONNECTIONS)
            return self._transport


class Informer:
    """Implements `reconciler.model.watch.Watch`: goes on from where it broke off."""

    def __init__(self, connected: Callable[[], Transport], place: Place, sink: Sink, pace: WatchPace) -> None:
        self._connected = connected
        self._place, self._sink, self._pace = place, sink, pace
        self._path = object_path(place.resource, place.namespace)
        self._stopped = threading.Event()
        self._stream: Stream | None = None
        self._version = ""
        self._failures = 0

    def stop(self) -> None:
        """See Watch."""
        self._stopped.set()
        if stream := self._stream:
            stream.stop()

    def run(self) -> None:
        """List, watch, and begin again, until it is stopped."""
        while not self._stopped.is_set():
            try:
                self._once()
            except ClusterError as error:
                self._stopped.wait(self._failed(error))
            except Exception as error:
                # It must not end the watch, which nothing would begin again; and what met it is not to be told again.
                _LOGGER.exception("a watch met a bug", extra={"facts": {"path": self._path}})
                self._version = ""
                bug = ClusterError(f"a bug in reconciler: {type(error).__name__}", hint="report it")
                self._stopped.wait(self._failed(bug))

    def _once(self) -> None:
        transport = self._connected()
        try:
            if self._version:
                self._follow(transport)
            else:
                self._version = self._list(transport)
        except RecursionError as error:
            raise ClusterError(f"an object among the {self._place.resource.plural} is nested too deeply") from error

    def _failed(self, error: ClusterError) -> float:
        """What follows from an error; the seconds to wait."""
        if self._stopped.is_set():
            return 0.0
        self._failures += 1
        self._sink.failed(error)
        status = error.status if isinstance(error, ApiError) else 0
        if status in _OUTDATED:
            self._version = ""
        return self._pace.rest if status in _LASTING else self._pace.after(self._failures, _chance())

    def _list(self, transport: Transport) -> str:
        """Tell all objects; the version that they have together. Empty: it was stopped."""
        present: set[tuple[str, str]] = set()
        query = {"labelSelector": self._place.selector, "limit": str(_PAGE)}
        while not self._stopped.is_set():
            answer = transport.get(self._path, query, self._accept("List"))
            for item in _items(answer, transport.cluster):
                present.add((text_at(item, "metadata", "namespace"), text_at(item, "metadata", "name")))
                self._sink.seen(self._marked(item))
            rest, version = text_at(answer, "metadata", "continue"), text_at(answer, "metadata", "resourceVersion")
            if not rest:
                self._sink.complete(present, version)
                return version
            query["continue"] = rest
        return ""

    def _follow(self, transport: Transport) -> None:
        seconds = self._pace.longest * (1 - _chance() / 2)
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "labelSelector": self._place.selector,
            "resourceVersion": self._version,
            "timeoutSeconds": str(max(1, round(seconds))),
        }
        begun, told = time.monotonic(), False
        self._stream = transport.stream(self._path, query, self._accept(""), seconds + self._pace.grace)
        if self._stopped.is_set():  # it was, before there was a stream to stop
            self._stream.stop()
        for event in self._stream.events():
            self._take(text_at(event, "type"), as_map(event.get("object")))
            self._failures, told = 0, True
        if not told and time.monotonic() - begun < self._pace.brief:
            raise ClusterError(f"a watch of {self._place.resource.plural} ended as soon as it began")

    def _take(self, kind: str, item: JsonMap) -> None:
        if kind == "ERROR":
            raise _refusal(item)
        version = text_at(item, "metadata", "resourceVersion")
        if kind == "DELETED":
            self._sink.gone(self._marked(item))
        elif kind != "BOOKMARK":
            self._sink.seen(self._marked(item))
        self._version = version or self._version

    def _accept(self, suffix: str) -> str:
        return "application/json" if self._place.whole else _METADATA.format(suffix)

    def _marked(self, item: JsonMap) -> JsonMap:
        """With the kind that was asked for: lists leave it out, and metadata come as a kind of their own."""
        kind = self._place.resource.kind
        return {**item, "apiVersion": kind.api_version, "kind": kind.name}


def _items(answer: Json, cluster: str) -> list[JsonMap]:
    if not text_at(answer, "metadata", "resourceVersion"):
        raise ClusterError(f"cluster {cluster}: the answer to a list has no version to go on from")
    return items_of(answer, cluster)


def _refusal(status: JsonMap) -> ApiError:
    code, reason = number_at(status, "code"), text_at(status, "reason")
    return ApiError(text_at(status, "message") or "the watch failed", status=code, reason=reason)


def _chance() -> float:
    return random.random()  # noqa: S311 (spreads requests, nothing is guessed from it)
