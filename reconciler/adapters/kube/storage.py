"""How Helm stores a release: gzipped JSON, twice in base64, in a Secret of type helm.sh/release.v1.

The format is that of `helm.sh/helm/v4/pkg/storage/driver` (Secrets), unchanged since Helm 3.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.model.cluster import Resource
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, as_map, maps_at, text_at
from reconciler.model.manifest import object_id, objects_in
from reconciler.model.object_version import stored_version
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.ownership import beginning_labels
from reconciler.yaml.compose import YamlError
from reconciler.yaml.plain import load_all

# Labels that Helm's driver writes itself; all others are a user's.
_HELM_LABELS = frozenset({"name", "owner", "status", "version", "createdAt", "modifiedAt"})
# A Secret holds 1 MiB; text compresses to a tenth or less, a bomb to far less.
_MAX_UNPACKED = 64_000_000


def decode(cluster: str, secret: JsonMap, deployed: JsonMap | None = None) -> StoredRelease | None:
    """The release in a Secret, or None when the Secret holds none.

    `deployed` is the Secret of the newest deployed revision, where that is another one.
    """
    metadata = as_map(secret.get("metadata"))
    release = _unpack(text_at(secret, "data", "release"))
    if not isinstance(release, dict):
        return None
    info, chart = as_map(release.get("info")), as_map(as_map(release.get("chart")).get("metadata"))
    objects = manifest_objects(text_at(release, "manifest"))
    before = as_map(_unpack(text_at(deployed, "data", "release"))) if deployed else release
    base = manifest_objects(text_at(before, "manifest")) if deployed else objects
    labels = {key: str(value) for key, value in as_map(metadata.get("labels")).items()}
    return StoredRelease(
        id=ReleaseId(cluster, text_at(metadata, "namespace"), text_at(release, "name")),
        revision=_revision(release),
        status=_status(text_at(info, "status")),
        chart_name=text_at(chart, "name"),
        chart_version=text_at(chart, "version"),
        values=as_map(release.get("config")),
        objects=objects or (),
        base=base or (),
        is_readable=objects is not None,
        labels={key: value for key, value in labels.items() if key not in _HELM_LABELS},
        description=text_at(info, "description"),
        failed_hooks=tuple(_failed_hooks(release)),
        deployed=_revision(before) if deployed or _status(text_at(info, "status")) is ReleaseStatus.DEPLOYED else None,
        changed=_changed(labels, text_at(metadata, "creationTimestamp")),
        installed=_time(text_at(info, "first_deployed")),
        hooks=tuple((text_at(hook, "kind"), text_at(hook, "name")) for hook in maps_at(release, "hooks")),
        home=text_at(release, "namespace"),
        version=stored_version(secret),
    )


def is_pending(secret: JsonMap) -> bool:
    """Whether an operation on the revision has begun and not ended."""
    return _status(text_at(secret, "metadata", "labels", "status")).is_pending


def stored_chart(secret: JsonMap) -> JsonMap:
    """The chart that a revision was made of, as Helm stores it; empty when the Secret holds no release."""
    return as_map(as_map(_unpack(text_at(secret, "data", "release"))).get("chart"))


def failed(secret: JsonMap, description: str) -> JsonMap:
    """The merge patch that turns a pending revision into a failed one; its resourceVersion guards against a race."""
    return _marked(secret, {"status": "failed", "description": description})


def superseded(secret: JsonMap) -> JsonMap:
    """The merge patch that marks a revision as one that another has followed; guarded as in `failed`."""
    return _marked(secret, {"status": "superseded"})


def removed(
    secret: JsonMap,
    release: ReleaseId,
    run: str | None,
    rewritten: Mapping[ObjectId, Kind | None],
    resources: Mapping[Kind, Resource],
) -> JsonMap:
    """The merge patch that notes who uninstalls a revision, and rewrites its manifest; see ClusterWriter."""
    stored = as_map(_unpack(text_at(secret, "data", "release")))
    labels = beginning_labels(run, _revision(stored)) if run else {}
    if not rewritten:
        return _patch(secret, labels)
    held = manifest_objects(text_at(stored, "manifest")) or ()
    identities = (object_id(item, release, resources) for item in held)
    kinds = (rewritten.get(identity, identity.kind) for identity in identities)
    kept = ({**item, "apiVersion": kind.api_version} for item, kind in zip(held, kinds, strict=True) if kind)
    return _patch(secret, labels, {**stored, "manifest": "".join(f"---\n{json.dumps(item)}\n" for item in kept)})


def returned(secret: JsonMap, run: str, revision: int) -> JsonMap:
    """The merge patch that notes who goes back to a revision, and which one that makes."""
    return _patch(secret, beginning_labels(run, revision))


def _marked(secret: JsonMap, info: JsonMap) -> JsonMap:
    release = as_map(_unpack(text_at(secret, "data", "release")))
    return _patch(secret, {"status": info["status"]}, {**release, "info": {**as_map(release.get("info")), **info}})


def _patch(secret: JsonMap, labels: JsonMap, release: JsonMap | None = None) -> JsonMap:
    now = str(int(datetime.now(UTC).timestamp()))
    metadata: JsonMap = {
        "resourceVersion": text_at(secret, "metadata", "resourceVersion"),
        "labels": {**labels, "modifiedAt": now},
    }
    return {"metadata": metadata, **({"data": {"release": _pack(release)}} if release is not None else {})}


def manifest_objects(manifest: str) -> tuple[JsonMap, ...] | None:
    """The objects of a manifest; what is no object is left out, since Helm leaves it out too. None: it is no YAML."""
    try:
        documents = list(load_all(manifest))
    except YamlError:
        return None
    return tuple(item for document in documents for item in objects_in(document))


def _failed_hooks(release: JsonMap) -> Iterator[JsonMap]:
    """The hooks whose last run failed; only those are parsed."""
    for hook in maps_at(release, "hooks"):
        if text_at(hook, "last_run", "phase") == "Failed":
            yield from manifest_objects(text_at(hook, "manifest")) or ()


def _unpack(encoded: str) -> Any:
    try:
        packed = base64.b64decode(base64.b64decode(encoded))
        unpacked = (
            zlib.decompressobj(wbits=31).decompress(packed, _MAX_UNPACKED) if packed[:2] == b"\x1f\x8b" else packed
        )
        return json.loads(unpacked)
    except (ValueError, RecursionError, zlib.error):
        return None


def _pack(release: JsonMap) -> str:
    packed = gzip.compress(json.dumps(release, separators=(",", ":")).encode())
    return base64.b64encode(base64.b64encode(packed)).decode()


def _revision(release: JsonMap) -> int:
    version = release.get("version")
    return version if isinstance(version, int) else 0


def _status(text: str) -> ReleaseStatus:
    return ReleaseStatus(text) if text in set(ReleaseStatus) else ReleaseStatus.UNKNOWN


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _changed(labels: JsonMap, created: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(str(labels.get("modifiedAt", ""))), UTC)
    except (ValueError, OverflowError, OSError):  # no label, or one that is no time
        return datetime.fromisoformat(created) if created else datetime.fromtimestamp(0, UTC)
