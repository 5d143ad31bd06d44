"""In which order what the file no longer has goes: the reverse of the order in which it was made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reconciler.model.graph import home_of
from reconciler.model.identity import NamespaceId, ReleaseId, Target
from reconciler.model.plan import Action, ActionKind


def one_by_one(releases: Iterable[Action]) -> Sequence[Action]:
    """Each after the one before it, since what one of them needs is not known any more.

    One that is blocked holds up those of its cluster: it may need them to live, and to end, as with an operator that
    has to let go of its objects. Other clusters go on without it.
    """
    last, held, ordered = frozenset[Target](), dict[str, frozenset[Target]](), list[Action]()
    for action in releases:
        cluster, itself = action.target.cluster, frozenset({action.target})
        ordered.append(replace(action, needs=held.get(cluster, last)))
        if action.kind is ActionKind.BLOCKED or cluster in held:
            held[cluster] = itself
        else:
            last = itself
    return ordered


def after(namespace: Action, removals: Iterable[Action]) -> Action:
    """After those of them that may have to do with it: a release has objects in any namespace of its cluster."""
    needs = (action.target for action in removals if _may_concern(action.target, namespace.target))
    return replace(namespace, needs=frozenset(needs))


def _may_concern(target: Target, namespace: Target) -> bool:
    if isinstance(target, ReleaseId):
        return target.cluster == namespace.cluster
    return not isinstance(target, NamespaceId) and home_of(target) == namespace
