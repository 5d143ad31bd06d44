"""What a namespace holds, and what of it goes with the namespace without anybody missing it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.model.attachment import ACCOUNT
from reconciler.model.cluster import Resource
from reconciler.model.identity import Kind
from reconciler.model.json import JsonMap, as_map, maps_at, text_at
from reconciler.model.manifest import HOOK_ANNOTATION, id_of, is_kept, owner
from reconciler.model.naming import matches_any
from reconciler.model.ownership import ENVIRONMENT

# What controllers derive from other objects, or note in passing; nobody keeps anything in them.
_DERIVED = frozenset({"Event", "Lease", "Endpoints", "EndpointSlice"})
# What controllers put into each new namespace.
_GIVEN = frozenset(
    {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt"), ("ConfigMap", "openshift-service-ca.crt")}
)
CLAIM = "PersistentVolumeClaim"
_TOKEN_OF = "kubernetes.io/service-account.name"  # noqa: S105 - the name of an annotation


@dataclass(frozen=True, slots=True)
class Going:
    """What is removed together with a namespace.

    Attributes:
        releases: namespace and name of releases whose objects go, but for those that their charts keep.
        hooks: kind and name of what hooks of these releases left in the namespace.
        secrets: names of the environment's own in it.
        named: patterns of what else may go, see `model/naming.py`; claims only go when they are named.
    """

    cluster: str
    releases: frozenset[tuple[str, str]] = frozenset()
    hooks: frozenset[tuple[str, str]] = frozenset()
    secrets: frozenset[str] = frozenset()
    named: tuple[str, ...] = ()


def removable_kinds(resources: Mapping[Kind, Resource]) -> tuple[Resource, ...]:
    """Every kind that objects in namespaces are stored as, in one of its versions."""
    found = {
        (kind.group, item.plural): item for kind, item in resources.items() if item.namespaced and item.is_removable
    }
    return tuple(found.values())


def foreign(items: Sequence[JsonMap], going: Going) -> tuple[JsonMap, ...]:
    """The objects of a namespace that somebody might miss; of what they own, nothing."""
    stay = _staying(items, going)
    return tuple(item for item in stay.values() if not owners(item).intersection(stay))


def named_alone(items: Sequence[JsonMap], going: Going) -> tuple[JsonMap, ...]:
    """The objects of a namespace that go only since they are named; of what goes with one of them, claims alone."""
    stay = _staying(items, replace(going, named=()))
    return tuple(
        item
        for item in stay.values()
        if matches_any(going.named, going.cluster, id_of(item))
        and (_is_lasting(item) or not owners(item).intersection(stay))
    )


def _staying(items: Sequence[JsonMap], going: Going) -> Mapping[str, JsonMap]:
    """By uid."""
    gone = {_uid(item) for item in items if _goes(item, going)}
    known = -1
    while known != len(gone):
        known = len(gone)
        accounts = {id_of(item).name for item in items if _uid(item) in gone and id_of(item).kind == ACCOUNT}
        gone |= {_uid(item) for item in items if _follows(item, gone, accounts)}
    return {_uid(item): item for item in items if _uid(item) not in gone}


def owners(item: JsonMap) -> frozenset[str]:
    """The uids of the objects with which an object goes."""
    return frozenset(text_at(reference, "uid") for reference in maps_at(item, "metadata", "ownerReferences"))


def is_going(item: JsonMap) -> bool:
    """Whether it is being deleted already."""
    return bool(text_at(item, "metadata", "deletionTimestamp"))


def takes_claims(item: JsonMap) -> bool:
    """Whether it is a StatefulSet whose claims are deleted together with it."""
    when = text_at(item, "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted")
    return item.get("kind") == "StatefulSet" and when == "Delete"


def claims_of(claims: Iterable[JsonMap], takers: Iterable[JsonMap]) -> tuple[JsonMap, ...]:
    """The claims that are deleted together with these objects."""
    uids = {_uid(item) for item in takers}
    return tuple(claim for claim in claims if owners(claim).intersection(uids))


def _goes(item: JsonMap, going: Going) -> bool:
    identity = id_of(item)
    if is_going(item) or matches_any(going.named, going.cluster, identity):
        return True
    if identity.kind.name == CLAIM or is_kept(item):
        return False
    pair = (identity.kind.name, identity.name)
    return pair in _GIVEN or _is_derived(item) or owner(item) in going.releases or _belongs(item, pair, going)


def _is_derived(item: JsonMap) -> bool:
    # The lock of an environment is a Lease too.
    return id_of(item).kind.name in _DERIVED and ENVIRONMENT not in as_map(as_map(item.get("metadata")).get("labels"))


def _belongs(item: JsonMap, pair: tuple[str, str], going: Going) -> bool:
    """Whether it is a Secret of the environment, a revision in Helm's history, or what a hook left."""
    if text_at(item, "metadata", "annotations", HOOK_ANNOTATION):
        return pair in going.hooks
    if pair[0] != "Secret":
        return False
    labels = as_map(as_map(item.get("metadata")).get("labels"))
    release = (text_at(item, "metadata", "namespace"), text_at(labels, "name"))
    return pair[1] in going.secrets or (text_at(labels, "owner") == "helm" and release in going.releases)


def _follows(item: JsonMap, gone: Collection[str], accounts: Collection[str]) -> bool:
    """Whether all that it belongs to goes, so that a controller takes it along."""
    if _is_lasting(item):
        return False
    belongs = owners(item)
    return belongs.issubset(gone) if belongs else text_at(item, "metadata", "annotations", _TOKEN_OF) in accounts


def _is_lasting(item: JsonMap) -> bool:
    """Whether it is a claim, and none that is a pod's own, which every end of the pod removes."""
    kinds = {text_at(reference, "kind") for reference in maps_at(item, "metadata", "ownerReferences")}
    return id_of(item).kind.name == CLAIM and "Pod" not in kinds


def _uid(item: JsonMap) -> str:
    return text_at(item, "metadata", "uid")
