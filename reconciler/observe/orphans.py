"""What carries the environment's label and is no longer in its file: found by metadata, then looked at by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.attachment import ACCOUNT, accounts_of
from reconciler.model.cluster import ClusterReader, Resource
from reconciler.model.contents import is_going, removable_kinds
from reconciler.model.desired import Desired
from reconciler.model.identity import AccountId, NamespaceId, ReleaseId, SecretId, Target
from reconciler.model.json import JsonMap, text_at
from reconciler.model.observed import StoredRelease
from reconciler.model.orphans import OrphanNamespace, OrphanRelease, Orphans, OrphanSecret
from reconciler.model.ownership import ENVIRONMENT, is_kept_by_us
from reconciler.model.surroundings import Unread
from reconciler.observe.concurrency import concurrently
from reconciler.observe.marked import NAMESPACES, SECRETS, Marked, find_marked
from reconciler.observe.orphan_releases import orphan_release
from reconciler.observe.shared import told_apart
from reconciler.observe.surroundings import attempt

_HEAD = ("apiVersion", "kind", "metadata")


def find_orphans(desired: Desired, clusters: Mapping[str, ClusterReader]) -> tuple[Orphans, ...]:
    """What each cluster has of them. Two lists for each; more only about what was found.

    Args:
        clusters: all of the file; which of them are one and the same is asked when it matters.

    Raises:
        ClusterError: a cluster could not be read.
    """
    found = concurrently(lambda cluster: find_marked(desired, cluster), clusters.values())
    marked = dict(zip(clusters, found, strict=True))
    if len(clusters) > 1 and any(item.all - desired.named for item in found):
        identities = concurrently(lambda cluster: cluster.identity(), clusters.values())
        marked = dict(told_apart(marked, desired, dict(zip(clusters, identities, strict=True))))
    return tuple(concurrently(lambda name: orphans_of(desired, clusters[name], marked[name]), clusters))


def orphans_of(desired: Desired, cluster: ClusterReader, marked: Marked) -> Orphans:
    """What one cluster has of them, as far as it is marked and no other entry's. Raises ClusterError."""
    return _Look(desired.name, cluster).orphans(marked, desired.named)


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
        return tuple(concurrently(lambda item: orphan_release(item, self.cluster), stored))

    def secrets(self, wanted: Sequence[SecretId]) -> tuple[OrphanSecret, ...]:
        """Those that are still there, and ours."""
        found = concurrently(lambda item: self._read(SECRETS, item.namespace, item.name), wanted)
        return tuple(
            OrphanSecret(identity, {key: item[key] for key in _HEAD if key in item}, unread)
            for identity, (item, unread) in zip(wanted, found, strict=True)
            if unread or self._is_marked(item)
        )

    def namespaces(self, wanted: Sequence[NamespaceId]) -> tuple[OrphanNamespace, ...]:
        """Those that are still there, and ours, with what is in them."""
        found = concurrently(lambda item: self._read(NAMESPACES, "", item.name), wanted)
        return tuple(
            OrphanNamespace(identity, item, unread=unread) if unread else self._namespace(identity, item)
            for identity, (item, unread) in zip(wanted, found, strict=True)
            if unread or (self._is_marked(item) and not is_going(item))
        )

    def _is_of_here(self, stored: StoredRelease) -> bool:
        """Whether its newest revision is this environment's, and no copy of one that lives elsewhere."""
        same_place = stored.home in ("", stored.id.namespace)
        return same_place and stored.labels.get(ENVIRONMENT) == self.environment

    def _is_marked(self, item: JsonMap) -> bool:
        return text_at(item, "metadata", "labels", ENVIRONMENT) == self.environment and is_kept_by_us(item)

    def _read(self, resource: Resource, namespace: str, name: str) -> tuple[JsonMap, str | None]:
        """An object, and why it could not be read; neither when it is gone."""
        found = attempt(lambda: self.cluster.fetch(resource, namespace, name))
        return ({}, found.reason) if isinstance(found, Unread) else (found or {}, None)

    def _namespace(self, identity: NamespaceId, item: JsonMap) -> OrphanNamespace:
        contents, unread = self._contents(identity)
        return OrphanNamespace(identity, item, contents, unread, self._accounts(identity, item))

    def _contents(self, identity: NamespaceId) -> tuple[tuple[JsonMap, ...], str | None]:
        if silent := self.cluster.silent():
            return (), f"the server of {', '.join(silent)} does not answer"
        kinds = removable_kinds(self.cluster.resources())
        found = concurrently(
            lambda kind: attempt(lambda: self.cluster.metadata(kind, identity.name, "", exact=True)), kinds
        )
        # What cannot be listed hides what is in there.
        hidden = next((listed.reason for listed in found if isinstance(listed, Unread)), None)
        known = [listed for listed in found if not isinstance(listed, Unread)]
        return (() if hidden else tuple(item for listed in known for item in listed)), hidden

    def _accounts(self, identity: NamespaceId, item: JsonMap) -> tuple[AccountId, ...]:
        """Those of the ServiceAccounts with pull secrets of ours that may still be there."""
        named = [AccountId(identity.cluster, identity.name, name) for name in sorted(accounts_of(item))]
        resource = self.cluster.resources()[ACCOUNT]
        found = concurrently(lambda account: self._read(resource, account.namespace, account.name), named)
        return tuple(account for account, seen in zip(named, found, strict=True) if any(seen))
