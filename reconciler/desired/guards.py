"""`policy` of the file → the guards of a plan."""

from __future__ import annotations

from reconciler.desired.schema.policy import PolicySpec
from reconciler.model.policy import LockPolicy, Policy, PrunePolicy


def policy(spec: PolicySpec) -> Policy:
    """What the file says, on top of what holds when it says nothing."""
    prune, lock = spec.prune, spec.lock
    return Policy(
        risks=spec.risks,
        adopt=tuple(spec.adopt),
        prune=PrunePolicy(prune.enabled, prune.max_count, prune.max_share, tuple(prune.protect), tuple(prune.delete)),
        lock=LockPolicy(lock.enabled, lock.namespace, lock.duration, lock.helm_timeout),
    )
