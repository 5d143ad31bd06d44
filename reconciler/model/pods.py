"""Pods as the API server gives them: their containers with what each was asked and how it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reconciler.model.identity import Kind
from reconciler.model.json import Json, JsonMap, as_map, dig, maps_at, number_at, text_at
from reconciler.model.manifest import kind_of


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod: what its spec asks, and its status, empty before there is one."""

    name: str
    image: str
    is_init: bool
    spec: JsonMap = field(repr=False)
    status: JsonMap = field(repr=False)

    @property
    def waiting(self) -> JsonMap:
        """Why it does not run: `reason` and `message`; empty when it does."""
        return as_map(dig(self.status, "state", "waiting"))

    @property
    def ended(self) -> JsonMap:
        """How it ended, now or the last time it ran: `reason`, `exitCode`, `message`; empty when it never did."""
        return as_map(dig(self.status, "state", "terminated")) or self.ended_before

    @property
    def ended_before(self) -> JsonMap:
        """How its last run ended; empty when this is its first."""
        return as_map(dig(self.status, "lastState", "terminated"))

    @property
    def exit_code(self) -> int:
        """What it ended with; 0 when it never did."""
        return number_at(self.ended, "exitCode")

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return number_at(self.status, "restartCount")

    @property
    def is_running(self) -> bool:
        """Whether it runs, ready or not."""
        return dig(self.status, "state", "running") is not None

    @property
    def is_ready(self) -> bool:
        """Whether it serves, or, for an init container, has done its work."""
        done = self.is_init and number_at(self.status, "state", "terminated", "exitCode", default=-1) == 0
        return self.status.get("ready") is True or done


def is_pod(item: JsonMap) -> bool:
    """Whether an object is a Pod."""
    return kind_of(item) == POD


POD = Kind("v1", "Pod")


def containers(pod: JsonMap) -> tuple[Container, ...]:
    """The containers of a pod, in the order in which they start."""
    return (*_containers(pod, "initContainers", is_init=True), *_containers(pod, "containers", is_init=False))


def _containers(pod: JsonMap, key: str, *, is_init: bool) -> Iterator[Container]:
    statuses = {
        text_at(status, "name"): status
        for status in maps_at(pod, "status", "initContainerStatuses" if is_init else "containerStatuses")
    }
    for spec in maps_at(pod, "spec", key):
        name = text_at(spec, "name")
        yield Container(name, text_at(spec, "image"), is_init, spec, statuses.get(name, {}))


def is_well(pod: JsonMap) -> bool:
    """Whether a pod serves, or has done its work."""
    conditions = maps_at(pod, "status", "conditions")
    ready = any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)
    return ready or text_at(pod, "status", "phase") == "Succeeded"


def below(root: JsonMap, items: Iterable[JsonMap]) -> tuple[JsonMap, ...]:
    """An object and all that it owns, by owner references, down to its pods; the newest of each level first."""
    children: dict[str, list[JsonMap]] = {}
    for item in sorted(items, key=_age, reverse=True):
        for reference in maps_at(item, "metadata", "ownerReferences"):
            children.setdefault(text_at(reference, "uid"), []).append(item)
    found, at = [root], 0
    # What is taken out of `children` cannot come again, so owners that own each other end the walk too.
    while at < len(found):
        found += children.pop(text_at(found[at], "metadata", "uid"), [])
        at += 1
    return tuple(found)


def _age(item: JsonMap) -> str:
    return text_at(item, "metadata", "creationTimestamp")


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """What a pod needs of a Secret or ConfigMap; `key` is empty when it needs no particular one."""

    kind: Kind
    namespace: str
    name: str
    key: str
    is_pull_secret: bool = False
    is_optional: bool = False


SECRET, CONFIG_MAP = Kind("v1", "Secret"), Kind("v1", "ConfigMap")


def references(pod: JsonMap) -> tuple[Reference, ...]:
    """Every Secret and ConfigMap that a pod cannot start without, each once."""
    return tuple(item for item in _references(pod) if not item.is_optional)


def secret_names(pod: JsonMap) -> tuple[str, ...]:
    """Every Secret that a pod may know the values of, each once; they are in its namespace."""
    return tuple(dict.fromkeys(item.name for item in _references(pod) if item.kind == SECRET))


def _references(pod: JsonMap) -> tuple[Reference, ...]:
    namespace = text_at(pod, "metadata", "namespace")
    found = [*_pull_secrets(pod, namespace), *_volumes(pod, namespace)]
    for container in containers(pod):
        found += _environment(container.spec, namespace)
    return tuple(dict.fromkeys(item for item in found if item.name))


def _pull_secrets(pod: JsonMap, namespace: str) -> Iterator[Reference]:
    for item in maps_at(pod, "spec", "imagePullSecrets"):
        yield Reference(SECRET, namespace, text_at(item, "name"), "", is_pull_secret=True)


def _environment(spec: JsonMap, namespace: str) -> Iterator[Reference]:
    for entry in maps_at(spec, "envFrom"):
        for key, kind in (("secretRef", SECRET), ("configMapRef", CONFIG_MAP)):
            yield from _reference(entry.get(key), kind, namespace)
    for entry in maps_at(spec, "env"):
        for key, kind in (("secretKeyRef", SECRET), ("configMapKeyRef", CONFIG_MAP)):
            yield from _reference(dig(entry, "valueFrom", key), kind, namespace)


def _volumes(pod: JsonMap, namespace: str) -> Iterator[Reference]:
    for volume in maps_at(pod, "spec", "volumes"):
        for source in (volume, *maps_at(volume, "projected", "sources")):
            secret, config_map = as_map(source.get("secret")), as_map(source.get("configMap"))
            named = {**secret, "name": secret.get("secretName") or secret.get("name")}
            yield from _with_items(named, SECRET, namespace)
            yield from _with_items(config_map, CONFIG_MAP, namespace)


def _with_items(source: JsonMap, kind: Kind, namespace: str) -> Iterator[Reference]:
    keys = [text_at(item, "key") for item in maps_at(source, "items")] or [""]
    for key in keys:
        yield from _reference({**source, "key": key}, kind, namespace)


def _reference(source: Json, kind: Kind, namespace: str) -> Iterator[Reference]:
    is_optional = as_map(source).get("optional") is True
    yield Reference(kind, namespace, text_at(source, "name"), text_at(source, "key"), is_optional=is_optional)
