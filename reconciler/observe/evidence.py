"""What surrounds the objects of a release that is not well: read within bounds, and poorer where rights are missing."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from reconciler.errors import ClusterError
from reconciler.model.cluster import ClusterReader, Resource
from reconciler.model.evidence import Contents, Evidence, LogId, Run
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap, as_map, text_at
from reconciler.model.manifest import id_of
from reconciler.model.pods import POD, SECRET, Container, below, containers, is_pod, is_well, references, secret_names
from reconciler.model.secret import Mask, SecretText
from reconciler.observe.concurrency import concurrently

T = TypeVar("T")

_NODE, _NAMESPACE, _EVENT = Kind("v1", "Node"), Kind("v1", "Namespace"), Kind("v1", "Event")
# What workloads consist of, down to pods, and what those wait for.
_PARTS = (
    Kind("apps/v1", "Deployment"),
    Kind("apps/v1", "StatefulSet"),
    Kind("apps/v1", "DaemonSet"),
    Kind("apps/v1", "ReplicaSet"),
    Kind("batch/v1", "Job"),
    Kind("v1", "PersistentVolumeClaim"),
    POD,
)
# Pods of one workload fail alike: two of each are looked into, and of a release that fails all over not every one.
_PODS_OF_ONE, _PODS, _REFERENCES = 2, 10, 20
_LOG_BYTES = 32_768
_DOCKER_CONFIG = "kubernetes.io/dockerconfigjson"


def gather(
    cluster: ClusterReader, resources: Mapping[Kind, Resource], roots: Sequence[JsonMap], namespace: str, lines: int
) -> Evidence:
    """All that tells why `roots`, objects of a release in `namespace`, are not well.

    `lines` is how many lines of each log are kept; 0 leaves logs alone. Never raises for what the cluster does not
    give: the evidence names it as a gap.
    """
    return _Gathering(cluster, resources, lines).run(roots, namespace)


@dataclass(frozen=True, slots=True)
class _Gathering:
    """Reads for one release."""

    cluster: ClusterReader
    resources: Mapping[Kind, Resource]
    lines: int
    gaps: list[str] = field(default_factory=list)

    def run(self, roots: Sequence[JsonMap], namespace: str) -> Evidence:
        namespaces = sorted({namespace, *(home for root in roots if (home := id_of(root).namespace))})
        objects = self._lists(_PARTS, namespaces) if roots else ()
        events = self._lists((_EVENT,), namespaces) if roots else ()
        listed = {id_of(item): item for item in objects}
        live = [listed.get(id_of(root), root) for root in roots]
        pods = list(islice(_unwell(live, objects), _PODS))
        secrets, contents = self._contents(pods)
        found = concurrently(lambda name: self._fetch(ObjectId(_NAMESPACE, "", name)), namespaces)
        return Evidence(
            objects=objects,
            events=tuple(sorted(events, key=_when, reverse=True)),
            logs=self._logs(pods),
            contents=contents,
            nodes=self._nodes(pods),
            namespaces={name: item for name, item in zip(namespaces, found, strict=True) if item},
            gaps=tuple(sorted(set(self.gaps))),
            mask=Mask.of(text for secret in secrets for text in _texts(secret)),
        )

    def _lists(self, kinds: Iterable[Kind], namespaces: Sequence[str]) -> tuple[JsonMap, ...]:
        places = [(self.resources[kind], home) for kind in kinds if kind in self.resources for home in namespaces]

        def read(place: tuple[Resource, str]) -> Sequence[JsonMap]:
            resource, home = place
            what = f"{resource.plural} in {home}" if home else resource.plural
            return self._try(what, lambda: self.cluster.objects(resource, home, "", exact=True)) or ()

        return tuple(item for found in concurrently(read, places) for item in found)

    def _contents(self, pods: Sequence[JsonMap]) -> tuple[list[JsonMap], Mapping[ObjectId, Contents | None]]:
        """The Secrets and ConfigMaps that the pods need; and the Secrets as they are, for the mask alone."""
        # Every Secret, however many: a value that is not known is not masked.
        hidden = (ObjectId(SECRET, id_of(pod).namespace, name) for pod in pods for name in secret_names(pod))
        needed = (ObjectId(item.kind, item.namespace, item.name) for pod in pods for item in references(pod))
        others = (identity for identity in dict.fromkeys(needed) if identity.kind != SECRET)
        wanted = [*dict.fromkeys(hidden), *islice(others, _REFERENCES)]
        found = dict(zip(wanted, concurrently(self._try_fetch, wanted), strict=True))
        known = {identity: item for identity, (read, item) in found.items() if read}
        secrets = [item for identity, item in known.items() if item and identity.kind == SECRET]
        return secrets, {identity: _contents(item) if item else None for identity, item in known.items()}

    def _logs(self, pods: Sequence[JsonMap]) -> Mapping[LogId, tuple[str, ...]]:
        if not self.lines:
            return {}
        wanted = [LogId(id_of(pod), *found) for pod in pods for found in _told(pod)]
        found = concurrently(self._log, wanted)
        return {log: said for log, said in zip(wanted, found, strict=True) if said}

    def _log(self, log: LogId) -> tuple[str, ...]:
        what = f"the log of container {log.container} of {log.pod}"
        text = self._try(what, lambda: self.cluster.log(log, self.lines, _LOG_BYTES)) or ""
        said = text.splitlines()
        # A line that was cut may end in a part of a secret, which no mask knows.
        whole = said[:-1] if len(text.encode()) >= _LOG_BYTES else said
        return tuple(filter(None, map(_clean, whole)))[-self.lines :]

    def _nodes(self, pods: Sequence[JsonMap]) -> Mapping[str, JsonMap]:
        """Where the pods are; all of them when one is nowhere."""
        names = sorted({text_at(pod, "spec", "nodeName") for pod in pods})
        if "" in names:
            return {id_of(item).name: item for item in self._lists((_NODE,), ("",))}
        found = concurrently(lambda name: self._fetch(ObjectId(_NODE, "", name)), names)
        return {name: item for name, item in zip(names, found, strict=True) if item}

    def _fetch(self, identity: ObjectId) -> JsonMap | None:
        return self._try_fetch(identity)[1]

    def _try_fetch(self, identity: ObjectId) -> tuple[bool, JsonMap | None]:
        """Whether it could be asked for, and what came."""
        resource = self.resources[identity.kind]
        found = self._try(
            str(identity), lambda: (True, self.cluster.fetch(resource, identity.namespace, identity.name))
        )
        return found or (False, None)

    def _try(self, what: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except ClusterError as error:
            self.gaps.append(f"{what} could not be read: {error.message}")
            return None


def _unwell(roots: Sequence[JsonMap], objects: Sequence[JsonMap]) -> Iterator[JsonMap]:
    for root in roots:
        pods = (item for item in below(root, objects) if is_pod(item) and not is_well(item))
        yield from islice(pods, _PODS_OF_ONE)


def _told(pod: JsonMap) -> Iterator[tuple[str, Run]]:
    """The logs that may tell why a pod is not well: of runs that ended badly, and of containers that are not ready."""
    for container in containers(pod):
        if _failed(container.ended_before):
            yield container.name, Run.PREVIOUS
        if (container.is_running and not container.is_ready) or _failed(_ended_now(container)):
            yield container.name, Run.CURRENT


def _ended_now(container: Container) -> JsonMap:
    return as_map(as_map(container.status.get("state")).get("terminated"))


def _failed(run: JsonMap) -> bool:
    return run.get("exitCode") not in (None, 0)


def _when(event: JsonMap) -> str:
    """Times of one form sort as texts; the newer API gives other fields."""
    series = text_at(event, "series", "lastObservedTime")
    return series or text_at(event, "lastTimestamp") or text_at(event, "eventTime") or _created(event)


def _created(event: JsonMap) -> str:
    return text_at(event, "metadata", "creationTimestamp")


def _contents(item: JsonMap) -> Contents:
    return Contents(text_at(item, "type"), frozenset({*as_map(item.get("data")), *as_map(item.get("binaryData"))}))


def _texts(secret: JsonMap) -> Iterator[SecretText]:
    """Every value of a Secret, and the logins inside a docker config."""
    for encoded in as_map(secret.get("data")).values():
        with suppress(ValueError):
            text = base64.b64decode(str(encoded)).decode(errors="replace")
            yield SecretText(text)
            if text_at(secret, "type") == _DOCKER_CONFIG:
                yield from _logins(text)


def _logins(config: str) -> Iterator[SecretText]:
    try:
        auths = as_map(json.loads(config)).get("auths")
    except (ValueError, RecursionError):
        return
    for entry in as_map(auths).values():
        for key in ("password", "auth", "identitytoken", "registrytoken"):
            yield SecretText(text_at(entry, key))


# What steers a terminal: colours, cursor, titles.
_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])")


def _clean(line: str) -> str:
    text = _ESCAPE.sub("", line).rstrip()
    return "".join(char if char.isprintable() or char == "\t" else "�" for char in text)
