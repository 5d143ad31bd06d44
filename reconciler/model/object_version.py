"""Which state of a live object was looked at, so that it can be told whether it has moved since."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from reconciler.model.compare import meaningful
from reconciler.model.json import Json, JsonMap, as_map, maps_at, text_at

_HEAD = frozenset({"apiVersion", "kind", "metadata"})


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One state of one object.

    Attributes:
        uid: tells it from another one of the same name, made later.
        writer: who wrote it last, status aside, and when; None where nobody is named.
        content: sha256 (hex) of what is not its status, which controllers write all the time; see `version_of`.
            Never shown as it is: it may be the digest of a secret. None: any new resourceVersion counts.
    """

    uid: str
    resource_version: str
    writer: str | None
    content: str | None = field(repr=False)


def version_of(item: JsonMap) -> ObjectVersion:
    """The version of a live object, by all but its status and the server's bookkeeping.

    Where its metadata alone is known and somebody writes its status, by who wrote which of its other fields and when,
    to the second; where nobody does, by its resourceVersion.
    """
    content = meaningful(item) if item.keys() - _HEAD else _writes(item)
    if content is None:
        return stored_version(item)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return _version(item, hashlib.sha256(text.encode()).hexdigest())


def stored_version(item: JsonMap) -> ObjectVersion:
    """The version of an object that nobody writes by the way, such as Helm's records."""
    return _version(item, None)


def _version(item: JsonMap, content: str | None) -> ObjectVersion:
    uid, resource_version = (text_at(item, "metadata", key) for key in ("uid", "resourceVersion"))
    return ObjectVersion(uid, resource_version, _last_writer(item), content)


def _writes(item: JsonMap) -> Json:
    # No annotations: the older version of an autoscaler shows its status in them.
    entries = maps_at(item, "metadata", "managedFields")
    others: list[Json] = [dict(entry) for entry in entries if text_at(entry, "subresource") != "status"]
    generation = as_map(item.get("metadata")).get("generation")
    return [generation, others] if 0 < len(others) < len(entries) else None


def _last_writer(item: JsonMap) -> str | None:
    entries = [entry for entry in maps_at(item, "metadata", "managedFields") if not text_at(entry, "subresource")]
    found = [(text_at(entry, "time"), text_at(entry, "manager")) for entry in entries if text_at(entry, "manager")]
    if not found:
        return None
    time, manager = max(found)
    return f"{manager} at {time}" if time else manager
