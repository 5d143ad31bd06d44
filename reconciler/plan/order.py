"""The order of actions: namespaces, then secrets, then releases, each after what it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

from reconciler.model.desired import Desired
from reconciler.model.identity import NamespaceId, ReleaseId, SecretId, Target
from reconciler.model.plan import Action


def in_order(actions: list[Action], desired: Desired) -> tuple[Action, ...]:
    """The actions with their needs, so that each comes after all that it needs.

    The order is the same for the same input: by depth in the graph, then as in the file.
    """
    by_target = {action.target: action for action in actions}
    wanted = _Needs.of(desired)
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

    @classmethod
    def of(cls, desired: Desired) -> _Needs:
        secrets: dict[NamespaceId, list[SecretId]] = {}
        for secret in desired.secrets:
            secrets.setdefault(NamespaceId(secret.id.cluster, secret.id.namespace), []).append(secret.id)
        return cls({release.id: release.needs for release in desired.releases}, secrets)

    def of_target(self, target: Target) -> Iterator[Target]:
        if isinstance(target, NamespaceId):
            return
        home = NamespaceId(target.cluster, target.namespace)
        yield home
        if isinstance(target, ReleaseId):
            yield from self.secrets.get(home, ())
            yield from self.releases.get(target, ())
