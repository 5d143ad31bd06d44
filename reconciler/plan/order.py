"""The order of actions: namespaces, secrets, ServiceAccounts, releases, each after what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import TypeVar

from reconciler.model.desired import Desired
from reconciler.model.identity import AccountId, NamespaceId, ReleaseId, SecretId, Target
from reconciler.model.plan import Action


def in_order(actions: list[Action], desired: Desired) -> tuple[Action, ...]:
    """The actions with their needs, so that each comes after all that it needs.

    The order is the same for the same input: by depth in the graph, then as in the file.
    """
    by_target = {action.target: action for action in actions}
    wanted = _Needs.of(desired, by_target)
    needs = {target: frozenset(need for need in wanted.of_target(target) if need in by_target) for target in by_target}
    ordered = _layered(needs)
    return tuple(replace(by_target[target], needs=needs[target]) for target in ordered)


def _layered(needs: Mapping[Target, frozenset[Target]]) -> list[Target]:
    position = {target: index for index, target in enumerate(needs)}
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    ordered: list[Target] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=position.__getitem__)
        ordered += ready
        sorter.done(*ready)
    return ordered


@dataclass(frozen=True, slots=True)
class _Needs:
    """What each target needs, looked up once."""

    releases: Mapping[Target, frozenset[Target]]
    secrets: Mapping[NamespaceId, list[SecretId]]
    accounts: Mapping[NamespaceId, list[AccountId]]
    dropped: Mapping[NamespaceId, list[AccountId]]
    """Accounts that the file names no longer: their namespace remembers them until they are done."""

    @classmethod
    def of(cls, desired: Desired, targets: Iterable[Target]) -> _Needs:
        accounts = [item.id for item in desired.accounts]
        dropped = [target for target in targets if isinstance(target, AccountId) and target not in accounts]
        return cls(
            {release.id: release.needs for release in desired.releases},
            _by_home(secret.id for secret in desired.secrets),
            _by_home(accounts),
            _by_home(dropped),
        )

    def of_target(self, target: Target) -> Iterator[Target]:
        if isinstance(target, NamespaceId):
            yield from self.dropped.get(target, ())
            return
        home = NamespaceId(target.cluster, target.namespace)
        if target in self.dropped.get(home, ()):
            return
        yield home
        if not isinstance(target, SecretId):
            yield from self.secrets.get(home, ())
        if isinstance(target, ReleaseId):
            yield from self.accounts.get(home, ())
            yield from self.releases.get(target, ())


_InNamespace = TypeVar("_InNamespace", SecretId, AccountId)


def _by_home(items: Iterable[_InNamespace]) -> Mapping[NamespaceId, list[_InNamespace]]:
    found: dict[NamespaceId, list[_InNamespace]] = {}
    for item in items:
        found.setdefault(NamespaceId(item.cluster, item.namespace), []).append(item)
    return found
