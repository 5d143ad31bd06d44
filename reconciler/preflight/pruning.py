"""What an apply removes since the file no longer has it → the rights that it needs for that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.errors import Location
from reconciler.model.cluster import Resource
from reconciler.model.identity import Kind
from reconciler.model.orphans import OrphanRelease, Orphans
from reconciler.model.probe import Right
from reconciler.preflight.needs import Need

# Of Helm's records of a release that is uninstalled: marked by us, updated and dropped by Helm.
_RECORDS = ("get", "list", "patch", "update", "delete")


def pruning_rights(orphans: Orphans, resources: Mapping[Kind, Resource], where: Location) -> Iterator[Need]:
    """To find what the file no longer has, without which it stays; and to remove what was found.

    Args:
        where: the cluster stands there in the file, which has no line about what it dropped.
    """
    for plural in ("namespaces", "secrets"):
        right = Right("list", "", plural, "")
        yield Need(right, f"to find all {plural} that the file no longer has", required=False, where=where)
    for release in orphans.releases:
        yield from _uninstalled(release, resources, where)
    for secret in orphans.secrets:
        yield from _needs("", "secrets", secret.id.namespace, ("get", "delete"), f"secret {secret.id}", where)
    for namespace in orphans.namespaces:
        name = namespace.id.name
        purpose = _purpose(f"namespace {name}")
        for verb in ("get", "delete"):
            # Of a namespace, the server takes the name for its namespace too.
            yield Need(Right(verb, "", "namespaces", name, name), purpose, required=True, where=where)


def _uninstalled(release: OrphanRelease, resources: Mapping[Kind, Resource], where: Location) -> Iterator[Need]:
    identity = release.stored.id
    what = f"release {identity}"
    yield from _needs("", "secrets", identity.namespace, _RECORDS, what, where)
    for item in release.objects:
        resource = resources[item.kind]
        yield from _needs(item.kind.group, resource.plural, item.namespace, ("get", "delete"), what, where)


def _needs(
    group: str, plural: str, namespace: str, verbs: tuple[str, ...], what: str, where: Location
) -> Iterator[Need]:
    for verb in verbs:
        yield Need(Right(verb, group, plural, namespace), _purpose(what), required=True, where=where)


def _purpose(what: str) -> str:
    return f"to remove {what}, which the file no longer has"
