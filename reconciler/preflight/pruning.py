"""What an apply removes since the file no longer has it → the rights that it needs for that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from reconciler.errors import Location
from reconciler.model.cluster import Resource, served_as
from reconciler.model.identity import Kind, NamespaceId, ObjectId
from reconciler.model.orphans import EVERY, OrphanNamespace, OrphanRelease, Orphans
from reconciler.model.probe import Right
from reconciler.model.removal import is_of
from reconciler.preflight.needs import Need

# Of Helm's records of a release that is uninstalled: marked by us, updated and dropped by Helm.
_RECORDS = ("get", "list", "patch", "update", "delete")


def pruning_rights(
    orphans: Orphans, left_alone: Collection[NamespaceId], resources: Mapping[Kind, Resource], where: Location
) -> Iterator[Need]:
    """To find what the file no longer has, without which it stays; and to remove what was found.

    Args:
        left_alone: namespaces that the file leaves to others.
        where: the cluster stands there in the file, which has no line about what it dropped.
    """
    for plural in ("namespaces", "secrets"):
        right = Right("list", "", plural, "")
        yield Need(right, f"to find all {plural} that the file no longer has", required=False, where=where)
    for release in orphans.releases:
        yield from _uninstalled(release, resources, where)
    for secret in orphans.secrets:
        yield from _needs("", "secrets", secret.id.namespace, ("get", "delete"), _purpose(f"secret {secret.id}"), where)
    for namespace in orphans.namespaces:
        yield from _namespace(namespace, stays=namespace.stays(left_alone), where=where)


def _namespace(namespace: OrphanNamespace, *, stays: bool, where: Location) -> Iterator[Need]:
    name = namespace.id.name
    purpose = f"to give up namespace {name}, which stays" if stays else _purpose(f"namespace {name}")
    for verb in ("get", "patch") if stays else ("get", "delete"):
        # Of a namespace, the server takes the name for its namespace too.
        yield Need(Right(verb, "", "namespaces", name, name), purpose, required=True, where=where)
    if stays and namespace.accounts:
        yield from _needs("", "serviceaccounts", name, ("get", "patch"), "to detach pull secrets", where)


def _uninstalled(release: OrphanRelease, resources: Mapping[Kind, Resource], where: Location) -> Iterator[Need]:
    identity = release.stored.id
    purpose = _purpose(f"release {identity}")
    yield from _needs("", "secrets", identity.namespace, _RECORDS, purpose, where)
    for item, verbs in _verbs(release):
        resource = served_as(item.kind, resources)
        if resource:
            yield from _needs(item.kind.group, resource.plural, item.namespace, verbs, purpose, where)


def _verbs(release: OrphanRelease) -> Iterator[tuple[ObjectId, tuple[str, ...]]]:
    """What each object takes: what others have by now is only looked at."""
    for item, live in release.objects.items():
        yield item, ("get", "delete") if is_of(live, release.stored.id) else ("get",)
    for item in release.unread:
        yield item, ("list",) if item.name == EVERY else ("get", "delete")


def _needs(
    group: str, plural: str, namespace: str, verbs: tuple[str, ...], purpose: str, where: Location
) -> Iterator[Need]:
    for verb in verbs:
        yield Need(Right(verb, group, plural, namespace), purpose, required=True, where=where)


def _purpose(what: str) -> str:
    return f"to remove {what}, which the file no longer has"
