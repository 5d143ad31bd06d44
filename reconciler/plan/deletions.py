"""How what is ours is deleted: only as it was seen; a namespace only with what is known to go along."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.cluster import Deletion
from reconciler.model.contents import Going
from reconciler.model.json import JsonMap, text_at
from reconciler.model.orphans import OrphanNamespace, OrphanRelease, OrphanSecret
from reconciler.model.plan import DeleteObject
from reconciler.plan.own import NAMESPACE


def deletion(item: JsonMap) -> Deletion:
    """Of the very object whose metadata this is."""
    namespace, name, uid, version = (
        text_at(item, "metadata", key) for key in ("namespace", "name", "uid", "resourceVersion")
    )
    return Deletion(namespace, name, uid, version)


def end_of(
    namespace: OrphanNamespace,
    releases: Iterable[OrphanRelease],
    secrets: Iterable[OrphanSecret],
    named: tuple[str, ...],
) -> DeleteObject:
    """Of a namespace, after these releases and secrets; `named` are the patterns of what else may go with it."""
    cluster, home = namespace.id.cluster, namespace.id.name
    stored = [item.stored for item in releases if item.stored.id.cluster == cluster]
    going = Going(
        cluster,
        frozenset((item.id.namespace, item.id.name) for item in stored),
        frozenset(hook for item in stored if item.id.namespace == home for hook in item.hooks),
        frozenset(item.id.name for item in secrets if (item.id.cluster, item.id.namespace) == (cluster, home)),
        named,
    )
    return DeleteObject(NAMESPACE, deletion(namespace.item), going)
