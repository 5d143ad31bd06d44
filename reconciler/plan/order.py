"""The order of actions: each after what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter

from reconciler.model.desired import Desired, Needs
from reconciler.model.graph import graph, home_of, written_needs
from reconciler.model.identity import AccountId, ReleaseId, Target
from reconciler.model.plan import Action, Gate


def in_order(actions: list[Action], desired: Desired) -> tuple[Action, ...]:
    """The actions with their needs, so that each comes after all that it needs.

    The order is the same for the same input: by depth in the graph, then as in the file.
    """
    by_target = {action.target: action for action in actions}
    wanted, dropped = graph(desired), _dropped(desired, by_target)
    needs = {
        target: wanted.get(target, _NOTHING).union(dropped.get(target, _NOTHING)).intersection(by_target)
        for target in by_target
    }
    written = written_needs(desired)
    return tuple(
        replace(by_target[target], needs=needs[target], gates=_gates(written.get(target, {})))
        for target in _layered(needs)
    )


def _gates(needs: Needs) -> tuple[Gate, ...]:
    gates = [Gate(need, limit) for need, limit in needs.items() if isinstance(need, ReleaseId) and limit]
    return tuple(sorted(gates, key=lambda gate: gate.release))


_NOTHING: frozenset[Target] = frozenset()


def _dropped(desired: Desired, targets: Iterable[Target]) -> Mapping[Target, frozenset[Target]]:
    """Namespace → the accounts that the file names no longer: it remembers them until they are done."""
    known = {account.id for account in desired.accounts}
    found: dict[Target, frozenset[Target]] = {}
    for target in targets:
        if isinstance(target, AccountId) and target not in known:
            home = home_of(target)
            found[home] = found.get(home, _NOTHING) | {target}
    return found


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
