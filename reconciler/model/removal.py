"""Which objects of a stored release go with it: those that are its own to this moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from reconciler.model.cluster import Resource
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.manifest import is_kept, object_id, owner
from reconciler.model.observed import StoredRelease


def removed_ids(stored: StoredRelease, resources: Mapping[Kind, Resource]) -> Iterator[ObjectId]:
    """The objects that Helm deletes when it uninstalls a release: all but those that the chart keeps."""
    for item in stored.objects:
        if not is_kept(item):
            yield object_id(item, stored.id, resources)


def silence(kind: Kind, silent: Collection[str]) -> str | None:
    """Why it cannot be told whether objects of a kind are there that is not served; None: there are none.

    Args:
        silent: API versions whose own servers do not answer.
    """
    versions = [version for version in silent if replace(kind, api_version=version).group == kind.group]
    return f"the server of {', '.join(versions)} does not answer" if versions else None


def is_of(live: JsonMap, release: ReleaseId) -> bool:
    """Whether a live object is the release's to remove: it carries its marks, and nobody has marked it to be kept."""
    return owner(live) == (release.namespace, release.name) and not is_kept(live)
