"""What an apply does → the rights that it needs.

What Helm asks of the server was read from the audit log, and a test holds it: with exactly these rights an apply works.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.errors import Location
from reconciler.model.cluster import Resource
from reconciler.model.desired import Desired, Impersonation, Release
from reconciler.model.identity import Kind, NamespaceId, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, text_at
from reconciler.model.manifest import is_hook, is_kept, kind_of, object_id
from reconciler.model.observed import ObservedCluster, StoredRelease
from reconciler.model.probe import Right

_RBAC = "rbac.authorization.k8s.io"
_DEFINITIONS = ("apiextensions.k8s.io", "customresourcedefinitions")

_SEEN = ("get", "list")
_WRITTEN = ("create", "patch")
_STORAGE = ("get", "list", "create", "update")
_WAITED = ("watch",)
_HOOK = ("get", "list", "watch", "create", "patch", "delete")
# What else Helm lists to see whether an object is ready.
_BELOW = {
    ("apps", "Deployment"): (("apps", "replicasets"), ("", "pods")),
    ("apps", "ReplicaSet"): (("", "pods"),),
    ("apps", "StatefulSet"): (("", "pods"),),
}
# The server lets nobody give what he does not have, unless he may do so by one of these verbs.
_GRANTS = {
    "Role": ("escalate", "roles"),
    "ClusterRole": ("escalate", "clusterroles"),
    "RoleBinding": ("bind", "roles"),
    "ClusterRoleBinding": ("bind", "clusterroles"),
}


@dataclass(frozen=True, slots=True)
class Need:
    """A right, and what for; without one that is not `required` an apply works, and something else does not.

    Attributes:
        by: as whom it is needed; None: as the cluster is used.
    """

    right: Right
    purpose: str
    required: bool
    where: Location
    by: Impersonation | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a kind lives, as rights name it."""

    group: str
    plural: str
    namespace: str

    def need(self, verbs: Iterable[str], purpose: str, where: Location, *, required: bool = True) -> Iterator[Need]:
        for verb in verbs:
            yield Need(Right(verb, self.group, self.plural, self.namespace), purpose, required, where)


def needed_rights(
    desired: Desired,
    rendered: Mapping[ReleaseId, Sequence[JsonMap]],
    resources: Mapping[Kind, Resource],
    cluster: ObservedCluster | None,
) -> Iterator[Need]:
    """Every right that an apply needs to make this part of an environment."""
    yield from _lock(desired)
    yield from _own(desired, cluster)
    yield from _releases(desired, rendered, resources, cluster)


def each_once(needs: Iterable[Need]) -> list[Need]:
    """Each right of each identity once: as the first that requires it, or else the first."""
    found: dict[tuple[Right, Impersonation | None], Need] = {}
    for need in needs:
        known = found.get((need.right, need.by))
        if known is None or (need.required and not known.required):
            found[need.right, need.by] = need
    return list(found.values())


def _lock(desired: Desired) -> Iterator[Need]:
    lock = desired.policy.lock
    for cluster in desired.clusters.values() if lock.enabled else ():
        place = _Place("coordination.k8s.io", "leases", lock.namespace)
        yield from place.need(("get", *_WRITTEN), "to hold the lock of the environment", cluster.where)


def _own(desired: Desired, cluster: ObservedCluster | None) -> Iterator[Need]:
    for namespace in desired.namespaces:
        name, where, purpose = namespace.id.name, namespace.where, "to keep the namespace"
        verbs = ["get", "patch"]
        if cluster is None or namespace.id not in cluster.namespaces:
            verbs.append("create")
        for verb in verbs:
            # Of a namespace, the server takes the name for its namespace too.
            yield Need(Right(verb, "", "namespaces", name, name), purpose, required=True, where=where)
    for secret in desired.secrets:
        place = _Place("", "secrets", secret.id.namespace)
        yield from place.need(("get", *_WRITTEN), "to keep the secrets of the environment", secret.where)
    for account in desired.accounts:
        place = _Place("", "serviceaccounts", account.id.namespace)
        yield from place.need(("get", "patch"), "to attach pull secrets", account.where)


def _releases(
    desired: Desired,
    rendered: Mapping[ReleaseId, Sequence[JsonMap]],
    resources: Mapping[Kind, Resource],
    cluster: ObservedCluster | None,
) -> Iterator[Need]:
    kept = {namespace.id for namespace in desired.namespaces}
    for release in desired.releases:
        home, where = release.id.namespace, release.where
        if NamespaceId(release.id.cluster, home) not in kept:
            yield Need(Right("get", "", "namespaces", home, home), "to see the namespace", required=True, where=where)
        stored = cluster.releases.get(release.id) if cluster else None
        live = cluster.objects if cluster else {}
        for need in _release(release, rendered.get(release.id, ()), stored, live, resources):
            yield replace(need, by=release.impersonate)


def _release(
    release: Release,
    objects: Sequence[JsonMap],
    stored: StoredRelease | None,
    live: Mapping[ObjectId, JsonMap],
    resources: Mapping[Kind, Resource],
) -> Iterator[Need]:
    yield from _storage(release, stored)
    yield from _objects(release, objects, resources)
    yield from _dropped(release, objects, stored.base if stored else (), live, resources)
    if release.chart and release.chart.all_definitions and stored is None:
        definitions = _Place(*_DEFINITIONS, "")
        yield from definitions.need(("get", *_WRITTEN), f"for the crds/ of {release.id}", release.where)
    yield from _diagnosis(release)


def _storage(release: Release, stored: StoredRelease | None) -> Iterator[Need]:
    secrets = _Place("", "secrets", release.id.namespace)
    yield from secrets.need(_STORAGE, "to keep Helm's releases", release.where)
    # From then on each new revision pushes an old one out.
    full = stored is not None and stored.revision >= release.history
    yield from secrets.need(("delete",), "to drop Helm's oldest revisions", release.where, required=full)
    yield from secrets.need(("patch",), "to repair what a run that died leaves behind", release.where, required=False)


def _objects(release: Release, objects: Sequence[JsonMap], resources: Mapping[Kind, Resource]) -> Iterator[Need]:
    purpose = f"for the objects of {release.id}"
    for item in objects:
        place = _place(item, release, resources)
        if place is None:
            continue
        if is_hook(item):
            yield from place.need(_HOOK, f"for the hooks of {release.id}", release.where)
            continue
        yield from place.need((*_SEEN, *_WRITTEN), purpose, release.where)
        if release.wait:
            yield from _waiting(item, place, release)
        yield from place.need(("delete",), f"to remove {release.id}, or parts of it", release.where, required=False)
        yield from _grant(item, place, release)


def _dropped(
    release: Release,
    objects: Sequence[JsonMap],
    before: Sequence[JsonMap],
    live: Mapping[ObjectId, JsonMap],
    resources: Mapping[Kind, Resource],
) -> Iterator[Need]:
    wanted = {object_id(item, release.id, resources).in_any_version for item in objects if not is_hook(item)}
    for item in before:
        identity, place = object_id(item, release.id, resources), _place(item, release, resources)
        if place and identity.in_any_version not in wanted:
            # Helm asks the live object whether it is to be kept; where none was seen, the manifest is the best guess.
            verbs = ("get",) if is_kept(live.get(identity, item)) else ("get", "delete")
            yield from place.need(verbs, f"to remove what {release.id} no longer has", release.where)


def _waiting(item: JsonMap, place: _Place, release: Release) -> Iterator[Need]:
    purpose = f"to wait for {release.id}"
    yield from place.need(_WAITED, purpose, release.where)
    for group, plural in _BELOW.get((place.group, text_at(item, "kind")), ()):
        yield from _Place(group, plural, place.namespace).need(("list",), purpose, release.where)


def _place(item: JsonMap, release: Release, resources: Mapping[Kind, Resource]) -> _Place | None:
    resource = resources.get(kind_of(item))
    if resource is None:
        return None
    namespace = object_id(item, release.id, resources).namespace
    return _Place(resource.kind.group, resource.plural, namespace)


def _grant(item: JsonMap, place: _Place, release: Release) -> Iterator[Need]:
    kind = text_at(item, "kind")
    if place.group != _RBAC or kind not in _GRANTS:
        return
    verb, plural = _GRANTS[kind]
    if verb == "bind" and text_at(item, "roleRef", "kind") == "ClusterRole":
        plural = "clusterroles"
    purpose = f"for {release.id} to grant what we may not do ourselves"
    yield from _Place(_RBAC, plural, place.namespace).need((verb,), purpose, release.where, required=False)


def _diagnosis(release: Release) -> Iterator[Need]:
    home, purpose = release.id.namespace, "to find out why a release fails"
    for plural, verb in (("pods", "list"), ("pods/log", "get"), ("events", "list")):
        yield from _Place("", plural, home).need((verb,), purpose, release.where, required=False)
