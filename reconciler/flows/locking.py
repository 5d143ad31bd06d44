"""A plan under lock: what was planned before the lock was had may no longer be so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from reconciler.apply.acquire import Terms
from reconciler.apply.locks import Locks
from reconciler.errors import LockLostError
from reconciler.flows.context import Context, Request
from reconciler.flows.planning import Found, look_again, make_plan
from reconciler.model.lease import Hold, Holder, Lease
from reconciler.model.outcome import Event, Waiting
from reconciler.model.plan import Plan


def make_locks(
    found: Found, holder: Holder, request: Request, context: Context, emit: Callable[[Event], None]
) -> Locks:
    """The locks of a run, none of them taken yet."""
    desired, policy = found.desired, found.desired.policy.lock
    clusters = desired.clusters if policy.enabled else {}

    def tell(cluster: str, lease: Lease) -> None:
        emit(Waiting(cluster, lease))

    def abandon(lost: LockLostError) -> None:
        found.tools.engine.abandon()
        context.stop(lost)

    return Locks(
        {name: context.leases(access, desired.name, policy) for name, access in clusters.items()},
        Terms(str(holder), policy.duration, request.lock_timeout, by_force=request.break_lock),
        context.clock,
        lambda cluster: partial(tell, cluster),
        abandon,
    )


def under_lock(
    found: Found,
    planned: Plan,
    locks: Locks,
    request: Request,
    context: Context,
    show: Callable[[Plan], None],
    make: Callable[[Found], Plan] = make_plan,
) -> tuple[Found, Plan]:
    """Take the locks of the clusters that the plan changes, and plan again where something has changed meanwhile.

    A plan that is another one then is shown too. One that changes nothing takes no lock.

    Raises:
        LockError: another run is at work.
    """
    while locks.lacking(planned.clusters):
        if locks.take(planned.clusters):
            _refresh(found)
        again = look_again(found, context, Hold(locks.held, everyone=request.break_lock))
        if again is not found:
            before, found, planned = planned, again, make(again)
            if _shown(before) != _shown(planned):
                show(planned)
    return found, planned


def _refresh(found: Found) -> None:
    """The other run may have brought kinds."""
    for previewer in found.previewers.values():
        previewer.cluster.refresh()


def _shown(plan: Plan) -> object:
    """What is shown of a plan."""
    return [replace(action, work=None) for action in plan.actions], plan.warnings, plan.refusals
