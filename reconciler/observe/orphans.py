"""What carries the environment's label and is no longer in its file: found by metadata, then looked at by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from reconciler.errors import ApiError
from reconciler.model.attachment import ACCOUNT, accounts_of
from reconciler.model.cluster import ClusterReader
from reconciler.model.contents import CLAIM, claims_of, is_going, removable_kinds, takes_claims
from reconciler.model.desired import Desired
from reconciler.model.identity import AccountId, Kind, NamespaceId, ObjectId, ReleaseId, SecretId, Target
from reconciler.model.json import JsonMap, text_at
from reconciler.model.observed import StoredRelease
from reconciler.model.orphans import OrphanNamespace, OrphanRelease, Orphans, OrphanSecret
from reconciler.model.ownership import ENVIRONMENT, is_kept_by_us
from reconciler.model.removal import removed_ids
from reconciler.observe.concurrency import concurrently
from reconciler.observe.marked import NAMESPACES, SECRETS, Marked, find_marked
from reconciler.observe.shared import told_apart

_CLAIM = Kind("v1", CLAIM)


def find_orphans(
    desired: Desired, clusters: Mapping[str, ClusterReader], of: Collection[str] | None = None
) -> tuple[Orphans, ...]:
    """What each cluster has of them. Two lists for each; more only about what was found.

    Args:
        clusters: those of the file that can be reached; which of them are one and the same is asked when it matters.
        of: the clusters that are asked about; None: all.

    Raises:
        ClusterError: a cluster could not be read.
    """
    names = list(clusters if of is None else of)
    marked = _marked(desired, clusters, names)
    if len(clusters) > 1 and any(found.all - desired.named for found in marked.values()):
        rest = [name for name in clusters if name not in marked]
        marked = told_apart({**marked, **_marked(desired, clusters, rest)}, desired, clusters)
    looks = [(_Look(desired.name, clusters[name]), marked[name]) for name in names]
    return tuple(concurrently(lambda pair: pair[0].orphans(pair[1], desired.named), looks))


def _marked(desired: Desired, clusters: Mapping[str, ClusterReader], names: Sequence[str]) -> Mapping[str, Marked]:
    found = concurrently(lambda name: find_marked(desired, clusters[name]), names)
    return dict(zip(names, found, strict=True))


@dataclass(frozen=True, slots=True)
class _Look:
    """Looks at what seems to be an orphan: lists may lag by a moment, so each is read anew."""

    environment: str
    cluster: ClusterReader

    def orphans(self, marked: Marked, named: Collection[Target]) -> Orphans:
        """What is marked, and that the file does not name."""
        return Orphans(
            self.cluster.name,
            len(marked.all),
            self.releases(sorted(marked.releases.difference(named))),
            self.secrets(sorted(marked.secrets.difference(named))),
            self.namespaces(sorted(marked.namespaces.difference(named))),
            marked.gaps,
        )

    def releases(self, wanted: Sequence[ReleaseId]) -> tuple[OrphanRelease, ...]:
        """Those that are still there, and ours."""
        places = sorted({identity.namespace for identity in wanted})
        listed = concurrently(self.cluster.releases, places)
        stored = [item for found in listed for item in found if item.id in wanted and self._is_of_here(item)]
        return tuple(concurrently(self._release, stored))

    def secrets(self, wanted: Sequence[SecretId]) -> tuple[OrphanSecret, ...]:
        """Those that are still there, and ours."""
        found = concurrently(lambda item: self.cluster.fetch(SECRETS, item.namespace, item.name), wanted)
        return tuple(
            OrphanSecret(identity, {key: item[key] for key in ("apiVersion", "kind", "metadata")})
            for identity, item in zip(wanted, found, strict=True)
            if item is not None and self._is_marked(item)
        )

    def namespaces(self, wanted: Sequence[NamespaceId]) -> tuple[OrphanNamespace, ...]:
        """Those that are still there, and ours, with what is in them."""
        found = concurrently(lambda item: self.cluster.fetch(NAMESPACES, "", item.name), wanted)
        return tuple(
            self._namespace(identity, item)
            for identity, item in zip(wanted, found, strict=True)
            if item is not None and self._is_marked(item) and not is_going(item)
        )

    def _is_of_here(self, stored: StoredRelease) -> bool:
        """Whether its newest revision is this environment's, and no copy of one that lives elsewhere."""
        same_place = stored.home in ("", stored.id.namespace)
        return same_place and stored.labels.get(ENVIRONMENT) == self.environment

    def _is_marked(self, item: JsonMap) -> bool:
        return text_at(item, "metadata", "labels", ENVIRONMENT) == self.environment and is_kept_by_us(item)

    def _release(self, stored: StoredRelease) -> OrphanRelease:
        live = self._live(stored)
        takers = [item for item in live.values() if takes_claims(item)]
        homes = sorted({text_at(item, "metadata", "namespace") for item in takers})
        claims = [claim for home in homes for claim in self._claims(home)]
        return OrphanRelease(stored, live, claims_of(claims, takers))

    def _live(self, stored: StoredRelease) -> Mapping[ObjectId, JsonMap]:
        resources = self.cluster.resources()
        ids = removed_ids(stored, resources)
        served = [identity for identity in ids if identity.kind in resources and identity.name]
        found = concurrently(lambda item: self.cluster.fetch(resources[item.kind], item.namespace, item.name), served)
        return {identity: item for identity, item in zip(served, found, strict=True) if item is not None}

    def _claims(self, namespace: str) -> Sequence[JsonMap]:
        return self.cluster.metadata(self.cluster.resources()[_CLAIM], namespace, "", exact=True)

    def _namespace(self, identity: NamespaceId, item: JsonMap) -> OrphanNamespace:
        contents, unread = self._contents(identity)
        return OrphanNamespace(identity, item, contents, unread, self._accounts(identity, item))

    def _contents(self, identity: NamespaceId) -> tuple[tuple[JsonMap, ...], str | None]:
        if silent := self.cluster.silent():
            return (), f"the server of {', '.join(silent)} does not answer"
        kinds = removable_kinds(self.cluster.resources())
        try:
            found = concurrently(lambda kind: self.cluster.metadata(kind, identity.name, "", exact=True), kinds)
        except ApiError as error:
            # What is forbidden, or whose API is down, hides what is in there; who is not known sees nothing at all.
            if error.status == HTTPStatus.UNAUTHORIZED:
                raise
            return (), error.message
        return tuple(item for listed in found for item in listed), None

    def _accounts(self, identity: NamespaceId, item: JsonMap) -> tuple[AccountId, ...]:
        """Those of the ServiceAccounts with pull secrets of ours that still are there."""
        named = [AccountId(identity.cluster, identity.name, name) for name in sorted(accounts_of(item))]
        resource = self.cluster.resources()[ACCOUNT]
        found = concurrently(lambda account: self.cluster.fetch(resource, account.namespace, account.name), named)
        return tuple(account for account, live in zip(named, found, strict=True) if live is not None)
