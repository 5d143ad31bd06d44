"""What pods and other objects refer to by name, and that is neither live nor in the environment → checks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import Location
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, as_map, maps_at, text_at
from reconciler.model.pods import CONFIG_MAP, SECRET, references
from reconciler.model.preflight import Area, Check, Status
from reconciler.model.surroundings import Unread
from reconciler.model.workloads import RenderedObject, pod_spec, pod_template

_ACCOUNT = Kind("v1", "ServiceAccount")
_CLAIM = Kind("v1", "PersistentVolumeClaim")
_PRIORITY = Kind("scheduling.k8s.io/v1", "PriorityClass")
_RUNTIME = Kind("node.k8s.io/v1", "RuntimeClass")
_STORAGE = Kind("storage.k8s.io/v1", "StorageClass")
_INGRESS_CLASS = Kind("networking.k8s.io/v1", "IngressClass")

# What the cluster itself makes in each namespace.
_GIVEN = {(_ACCOUNT, "default"), (CONFIG_MAP, "kube-root-ca.crt")}
# Made by the cluster's own program: https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
_GIVEN_PRIORITIES = {(_PRIORITY, "system-node-critical"), (_PRIORITY, "system-cluster-critical")}


@dataclass(frozen=True, slots=True)
class Pointer:
    """A name in an object; `keys` are what is taken out of the Secret or ConfigMap that it names."""

    by: RenderedObject
    to: ObjectId
    keys: frozenset[str] = frozenset()


Live = Mapping[ObjectId, JsonMap | Unread | None]


def pointers(items: Sequence[RenderedObject]) -> list[Pointer]:
    """Everything that the objects refer to; pull secrets are looked at together with their images."""
    found: dict[tuple[ReleaseId, ObjectId, ObjectId], Pointer] = {}
    for pointer in (pointer for item in items for pointer in _of(item)):
        key = (pointer.by.release, pointer.by.id, pointer.to)
        earlier = found.get(key)
        keys = pointer.keys | earlier.keys if earlier else pointer.keys
        if pointer.to.name and (pointer.to.kind, pointer.to.name) not in {*_GIVEN, *_GIVEN_PRIORITIES}:
            found[key] = Pointer(pointer.by, pointer.to, keys)
    return list(found.values())


def _of(item: RenderedObject) -> Iterator[Pointer]:
    home, spec = item.id.namespace, pod_spec(item)
    if pod_template(item) is not None:
        yield from _of_pod(item, spec, home)
    for claim in maps_at(item.item, "spec", "volumeClaimTemplates"):
        yield Pointer(item, ObjectId(_STORAGE, "", text_at(claim, "spec", "storageClassName")))
    if item.id.kind == _CLAIM:
        yield Pointer(item, ObjectId(_STORAGE, "", text_at(item.item, "spec", "storageClassName")))
    if (item.id.kind.group, item.id.kind.name) == ("networking.k8s.io", "Ingress"):
        yield Pointer(item, ObjectId(_INGRESS_CLASS, "", text_at(item.item, "spec", "ingressClassName")))


def _of_pod(item: RenderedObject, spec: JsonMap, home: str) -> Iterator[Pointer]:
    for needed in references({"metadata": {"namespace": home}, "spec": spec}):
        if not needed.is_pull_secret:
            keys = frozenset({needed.key} - {""})
            yield Pointer(item, ObjectId(needed.kind, home, needed.name), keys)
    yield Pointer(item, ObjectId(_ACCOUNT, home, text_at(spec, "serviceAccountName")))
    yield Pointer(item, ObjectId(_PRIORITY, "", text_at(spec, "priorityClassName")))
    yield Pointer(item, ObjectId(_RUNTIME, "", text_at(spec, "runtimeClassName")))
    for volume in maps_at(spec, "volumes"):
        yield Pointer(item, ObjectId(_CLAIM, home, text_at(volume, "persistentVolumeClaim", "claimName")))


def reference_checks(
    found: Sequence[Pointer],
    own: Mapping[ObjectId, JsonMap],
    live: Live,
    items: Sequence[RenderedObject],
    places: Mapping[ReleaseId, Location],
) -> Iterator[Check]:
    """A check for each name: `own` is what the environment makes, `live` what the cluster was asked for beside it."""
    for pointer in found:
        where, cluster = places.get(pointer.by.release), pointer.by.release.cluster
        status, message, hint = _judge(pointer, own, live, items)
        place = None if status is Status.OK else where
        yield Check(Area.REFERENCES, f"{pointer.to} of {pointer.by.id}", status, message, hint, place, cluster)


def _judge(
    pointer: Pointer, own: Mapping[ObjectId, JsonMap], live: Live, items: Sequence[RenderedObject]
) -> tuple[Status, str, str | None]:
    item = own.get(pointer.to, live.get(pointer.to))
    if isinstance(item, Unread):
        return Status.UNKNOWN, f"whether it exists is not known: {item.reason}", None
    if item is None:
        maker = _maker(pointer, items)
        if maker:
            return Status.WARNING, f"it does not exist yet; {maker} may make it", None
        return Status.FAILED, "it does not exist, and nothing in the environment makes it", _hint(pointer.to)
    missing = sorted(pointer.keys - _keys(item))
    if missing:
        names = ", ".join(missing)
        has = ", ".join(sorted(_keys(item))) or "none"
        return Status.FAILED, f"it has no key {names}", f"its keys are: {has}"
    return Status.OK, "made by the environment" if pointer.to in own else "exists", None


def _keys(item: JsonMap) -> set[str]:
    return {key for part in ("data", "stringData", "binaryData") for key in as_map(item.get(part))}


def _maker(pointer: Pointer, items: Sequence[RenderedObject]) -> str | None:
    """An object of somebody's own kind that names what is missing: its controller may make it, as for certificates."""
    quoted = json.dumps(pointer.to.name)
    for item in items:
        foreign = "." in item.id.kind.group and not item.id.kind.group.endswith(".k8s.io")
        if foreign and item.id.namespace in (pointer.to.namespace, "") and quoted in json.dumps(item.item):
            return str(item.id)
    return None


_HINTS = {
    SECRET: "declare it under `secrets:`, or correct the name in the values",
    CONFIG_MAP: "make it, or correct the name in the values",
    _ACCOUNT: "let the chart create it (often `serviceAccount.create: true`), or correct the name in the values",
    _CLAIM: "create it before, or correct the name in the values",
}


def _hint(missing: ObjectId) -> str:
    plain = f"choose one that exists (`kubectl get {missing.kind.name.lower()}`), or leave it out for the default"
    return _HINTS.get(missing.kind, plain)
