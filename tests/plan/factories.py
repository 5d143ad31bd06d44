"""Plain values with defaults, so that a test names only the facts that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler.errors import Location
from reconciler.model.chart import Chart
from reconciler.model.cluster import Resource
from reconciler.model.desired import ChartRef, ClusterAccess, Desired, Namespace, Release, SecretObject, Wait
from reconciler.model.engine import Capabilities
from reconciler.model.identity import Kind, NamespaceId, ObjectId, ReleaseId, SecretId, Target
from reconciler.model.json import JsonMap, text_at
from reconciler.model.manifest import as_applied, kind_of
from reconciler.model.object_version import ObjectVersion
from reconciler.model.observed import Observed, ObservedCluster, Preview, ReleaseStatus, StoredRelease
from reconciler.model.ownership import release_labels
from reconciler.model.secret import Mask, SecretText

WHERE = Location("env.yaml", 1, 1)
NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
DIGEST = "d" * 64
CAPABILITIES = Capabilities("v1.35.0", ("v1",))

CONFIG_MAP, SECRET, NAMESPACE = Kind("v1", "ConfigMap"), Kind("v1", "Secret"), Kind("v1", "Namespace")
RESOURCES = {
    CONFIG_MAP: Resource(CONFIG_MAP, "configmaps", namespaced=True),
    SECRET: Resource(SECRET, "secrets", namespaced=True),
    NAMESPACE: Resource(NAMESPACE, "namespaces", namespaced=False),
}

API = ReleaseId("main", "shop", "api")


@dataclass(frozen=True)
class Nowhere:
    """Places that are all the same."""

    def at(self, _path: object) -> Location:
        """The one place."""
        return WHERE


def chart(name: str = "app", version: str = "1.0.0", digest: str = DIGEST) -> Chart:
    """A chart without values."""
    return Chart(name, version, Path("charts/app"), digest, {}, None, (), definitions=(), uses_lookup=False)


def release(
    identity: ReleaseId = API,
    values: JsonMap | None = None,
    *,
    needs: Iterable[Target] = (),
    wait: Wait | None = None,
    of: Chart | None = None,
) -> Release:
    """A desired release of `chart()`."""
    reference = ChartRef(Path("charts/app"), None, None, None, WHERE)
    made = of or chart()
    return Release(identity, reference, values or {}, {}, Nowhere(), wait, 10, dict.fromkeys(needs), WHERE, made)


def config_map(name: str = "api", **data: Any) -> dict[str, Any]:
    """A ConfigMap as a chart renders it."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def object_id(name: str = "api", kind: Kind = CONFIG_MAP, namespace: str = "shop") -> ObjectId:
    """An object in the namespace of `API`."""
    return ObjectId(kind, namespace, name)


def live(item: JsonMap, identity: ReleaseId = API) -> JsonMap:
    """What the server holds after `item` was applied for the release."""
    return as_applied(item, object_id(text_at(item, "metadata", "name"), kind_of(item)), identity)


def stored(
    identity: ReleaseId = API,
    status: ReleaseStatus = ReleaseStatus.DEPLOYED,
    *,
    revision: int = 1,
    objects: Iterable[JsonMap] = (),
    labels: Mapping[str, str] | None = None,
    age: timedelta = timedelta(hours=1),
    **others: Any,
) -> StoredRelease:
    """A release as Helm stored it, by us, from `chart()`; `others` are fields as they are called."""
    marks = release_labels("staging", DIGEST, revision) if labels is None else labels
    held = tuple(objects)
    made = StoredRelease(
        id=identity,
        revision=revision,
        status=status,
        chart_name="app",
        chart_version="1.0.0",
        values={},
        objects=held,
        base=held,
        is_readable=True,
        labels=marks,
        description="told by Helm",
        changed=NOW - age,
        version=ObjectVersion("uid", "1", None, None),
    )
    return replace(made, **others)


def observed(
    *releases: StoredRelease,
    objects: Iterable[JsonMap] = (),
    namespaces: Mapping[NamespaceId, JsonMap] | None = None,
    secrets: Mapping[SecretId, JsonMap] | None = None,
) -> Observed:
    """The cluster `main` with these releases and live objects (see `live`)."""
    held = {object_id(text_at(item, "metadata", "name"), kind_of(item)): item for item in objects}
    found = {item.id: item for item in releases}
    cluster = ObservedCluster(
        name="main",
        capabilities=CAPABILITIES,
        resources=RESOURCES,
        namespaces=namespaces or {},
        missing_namespaces=frozenset(),
        secrets=secrets or {},
        releases=found,
        objects=held,
    )
    return Observed({"main": cluster}, NOW)


def desired(
    *releases: Release,
    namespaces: Iterable[Namespace] = (),
    secrets: Iterable[SecretObject] = (),
    hidden: Iterable[str] = (),
) -> Desired:
    """The environment `staging` on the cluster `main`."""
    access = ClusterAccess("main", SecretText("{}"), None, Path(), WHERE)
    mask = Mask.of(map(SecretText, hidden))
    return Desired("staging", Path(), {"main": access}, {}, tuple(namespaces), tuple(secrets), releases, mask)


def namespace(name: str = "shop", **labels: str) -> Namespace:
    """A namespace that the environment keeps."""
    return Namespace(NamespaceId("main", name), labels, {}, WHERE)


def secret(name: str = "db", home: str = "shop", kind: str = "Opaque", **data: str) -> SecretObject:
    """A Secret that the environment keeps."""
    return SecretObject(
        SecretId("main", home, name), kind, {key: SecretText(text) for key, text in data.items()}, WHERE
    )


def preview(
    before: JsonMap | None,
    after: JsonMap | None,
    *,
    verified: bool = True,
    note: str | None = None,
    refusal: str | None = None,
    identity: ObjectId | None = None,
) -> Preview:
    """The preview of one object; what is sent is what would be stored."""
    item = after or before or {}
    kind = kind_of(item)
    known = identity or object_id(text_at(item, "metadata", "name"), kind, "" if kind == NAMESPACE else "shop")
    return Preview(known, before, after, after, verified=verified, note=note, refusal=refusal)
