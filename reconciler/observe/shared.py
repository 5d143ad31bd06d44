"""Entries of `clusters:` that reach one and the same cluster: each sees what the file gives to the others there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from reconciler.model.cluster import ClusterIdentity
from reconciler.model.desired import Desired
from reconciler.model.identity import Target
from reconciler.observe.marked import Marked


def told_apart(
    marked: Mapping[str, Marked], desired: Desired, identities: Mapping[str, ClusterIdentity]
) -> Mapping[str, Marked]:
    """What each entry sees, but for what is another one's.

    A thing is the entry's that asks for it; else the one's that leaves it alone; else the first one's that sees it.
    One that sees only a part of the cluster comes last: it could not tell what else goes along.

    Args:
        marked: in the order of the file.
        identities: of the entries that may be one cluster with another one.
    """
    ranks = (desired.named, desired.left_alone, frozenset(chain(*(found.all for found in marked.values()))))
    order = {name: (bool(found.gaps), place) for place, (name, found) in enumerate(marked.items())}
    others = {
        name: [item for item in marked[name].all if _holder(item, group, ranks) != name]
        for group in (sorted(names, key=order.__getitem__) for names in _groups(identities))
        for name in group
    }
    return {name: found.without(others.get(name, ())) for name, found in marked.items()}


def _holder(item: Target, group: Sequence[str], ranks: Iterable[Collection[Target]]) -> str:
    known = [replace(item, cluster=name) for name in group]
    return next(found.cluster for rank in ranks for found in known if found in rank)


def _groups(identities: Mapping[str, ClusterIdentity]) -> Sequence[Sequence[str]]:
    groups: list[list[str]] = []
    for name, identity in identities.items():
        same = [group for group in groups if any(identity.is_same(identities[other]) for other in group)]
        groups = [group for group in groups if group not in same] + [[*chain(*same), name]]
    return groups
