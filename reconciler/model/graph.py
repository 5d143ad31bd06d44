"""Who needs whom: what the file says, and what follows from where things stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from reconciler.model.desired import Desired, Namespace, Needs, Release, SecretObject
from reconciler.model.identity import AccountId, NamespaceId, ReleaseId, SecretId, Target


def graph(desired: Desired) -> Mapping[Target, frozenset[Target]]:
    """What each namespace, secret, ServiceAccount and release comes after.

    That is what it names, its namespace, and for the sake of its pods the secrets and accounts of that namespace.
    A secret that needs something itself, which may stand beside it, is waited for only by what names it.
    """
    edges = _Edges.of(desired)
    return {target: frozenset(edges.of_target(target)) for target in _targets(desired)}


def written_needs(desired: Desired) -> Mapping[Target, Needs]:
    """What the file says, of each entry that needs anything."""
    entries: tuple[Namespace | SecretObject | Release, ...] = (
        *desired.namespaces,
        *desired.secrets,
        *desired.releases,
    )
    return {entry.id: entry.needs for entry in entries if entry.needs}


def _targets(desired: Desired) -> Iterator[Target]:
    for entries in (desired.namespaces, desired.secrets, desired.accounts, desired.releases):
        yield from (entry.id for entry in entries)


@dataclass(frozen=True, slots=True)
class _Edges:
    """What is looked up once for all targets."""

    written: Mapping[Target, Needs]
    attached: Mapping[AccountId, frozenset[Target]]
    secrets: Mapping[NamespaceId, list[SecretId]]
    accounts: Mapping[NamespaceId, list[AccountId]]

    @classmethod
    def of(cls, desired: Desired) -> _Edges:
        written = written_needs(desired)
        late = {secret.id for secret in desired.secrets if secret.id in written}
        attached = {
            account.id: frozenset(
                secret for secret in late if home_of(secret) == home_of(account.id) and secret.name in account.secrets
            )
            for account in desired.accounts
        }
        return cls(
            written,
            attached,
            _by_home(secret.id for secret in desired.secrets if secret.id not in late),
            _by_home(account.id for account in desired.accounts if not attached[account.id]),
        )

    def of_target(self, target: Target) -> Iterator[Target]:
        yield from self.written.get(target, ())
        if isinstance(target, NamespaceId):
            return
        home = home_of(target)
        yield home
        if isinstance(target, AccountId):
            yield from self.attached[target]
        if not isinstance(target, SecretId):
            yield from self.secrets.get(home, ())
        if isinstance(target, ReleaseId):
            yield from self.accounts.get(home, ())


def home_of(target: SecretId | AccountId | ReleaseId) -> NamespaceId:
    """The namespace that it is in."""
    return NamespaceId(target.cluster, target.namespace)


_InNamespace = TypeVar("_InNamespace", SecretId, AccountId)


def _by_home(items: Iterable[_InNamespace]) -> Mapping[NamespaceId, list[_InNamespace]]:
    found: dict[NamespaceId, list[_InNamespace]] = {}
    for item in items:
        found.setdefault(home_of(item), []).append(item)
    return found
