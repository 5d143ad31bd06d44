"""The plan of what is desired, and behind it what removes the rest; with what guards and the policy say of that."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from reconciler.model.identity import Target
from reconciler.model.plan import ActionKind, Plan, Refusal
from reconciler.model.preflight import Area, Check, Status, masked
from reconciler.model.removal import is_of
from reconciler.model.secret import Mask
from reconciler.plan.guards import Removals, refusals
from reconciler.plan.leave import leaves_of
from reconciler.plan.prune import GONE, Pruner


def with_removals(plan: Plan, pruner: Pruner) -> Plan:
    """Nothing is removed before all else is in place: what replaces it is up first, or it stays."""
    mask = pruner.desired.mask
    if not pruner.desired.policy.prune.enabled:
        return replace(plan, warnings=_masked(mask, plan.warnings, _gaps(pruner), _left(pruner)))
    first = frozenset(action.target for action in plan.actions if action.kind is not ActionKind.NONE)
    last = tuple(replace(action, needs=action.needs | first) for action in pruner.actions())
    going = {action.target for action in last if action.kind is not ActionKind.BLOCKED}
    refused = [_hidden(refusal, mask) for refusal in refusals(_removals(pruner, going))]
    forbidden = leaves_of(pruner.desired, pruner.consent).refusals(last)
    return replace(
        plan,
        actions=(*plan.actions, *last),
        warnings=_masked(mask, plan.warnings, _gaps(pruner), _taken_over(pruner)),
        refusals=(*plan.refusals, *refused, *forbidden),
    )


def orphan_targets(pruner: Pruner) -> Iterator[Target]:
    """What the file no longer has, namespaces that stay included."""
    yield from (item.stored.id for item in pruner.releases)
    yield from (item.id for item in pruner.secrets)
    yield from (item.id for item, _ in pruner.doomed)
    yield from (item.id for item in pruner.given_up)


def _removals(pruner: Pruner, going: Collection[Target]) -> Removals:
    return Removals(
        pruner.desired,
        pruner.consent,
        sum(cluster.owned for cluster in pruner.orphans),
        tuple(item for item in pruner.releases if item.stored.id in going),
        tuple(item for item in pruner.secrets if item.id in going),
        tuple((item, work) for item, work in pruner.doomed if item.id in going),
    )


def _gaps(pruner: Pruner) -> Iterator[Check]:
    hint = "ask for a ClusterRole that may list secrets and namespaces"
    for cluster in pruner.orphans:
        for gap in cluster.gaps:
            yield Check(Area.RIGHTS, "pruning", Status.WARNING, gap, hint, cluster=cluster.cluster)


def _left(pruner: Pruner) -> Iterator[Check]:
    message = f"{GONE}, and policy.prune.enabled is false: it stays"
    for target in orphan_targets(pruner):
        yield Check(Area.PLAN, str(target), Status.WARNING, message, cluster=target.cluster)


def _taken_over(pruner: Pruner) -> Iterator[Check]:
    for item in pruner.releases:
        release = item.stored.id
        for identity, live in item.objects.items():
            if not is_of(live, release):
                message = f"it stays when {release} is uninstalled: it was given to others, or is to be kept"
                yield Check(Area.PLAN, str(identity), Status.WARNING, message, cluster=release.cluster)


def _masked(mask: Mask, known: tuple[Check, ...], *more: Iterator[Check]) -> tuple[Check, ...]:
    found = dict.fromkeys(masked(check, mask) for checks in more for check in checks)
    return (*known, *found)


def _hidden(refusal: Refusal, mask: Mask) -> Refusal:
    hint = mask.text(refusal.hint) if refusal.hint else None
    return replace(refusal, message=mask.text(refusal.message), hint=hint)
