"""`reconcile apply`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from reconciler.apply.executor import Executor
from reconciler.flows.context import Context, Request
from reconciler.flows.hands import make_hands
from reconciler.flows.locking import make_locks, under_lock
from reconciler.flows.planning import Found, look, make_plan
from reconciler.model.outcome import Event, Outcome, refused
from reconciler.model.plan import Plan, Refusal

# What else may refuse a plan, once it is known what was found.
Review = Callable[[Found, Plan], tuple[Refusal, ...]]


def no_review(_found: Found, _planned: Plan) -> tuple[Refusal, ...]:
    """Nothing else refuses it."""
    return ()


def apply(
    request: Request,
    context: Context,
    workers: int,
    show: Callable[[Plan], None],
    emit: Callable[[Event], None],
    review: Review = no_review,
) -> Outcome:
    """Make it so, unless a guard or the review refuses. `show` is given the plan before anything is done.

    Raises:
        LockError: another run is at work.
    """
    found = look(request, context)
    holder = context.holder("apply")
    with closing(found.tools.engine), make_locks(found, holder, request, context, emit) as locks:
        planned = _reviewed(found, make_plan(found), review)
        show(planned)
        if planned.refusals:
            return refused(planned)
        found, planned = under_lock(found, planned, locks, request, context, show)
        if planned.refusals:
            return refused(planned)
        reviewed = _reviewed(found, planned, review)
        if reviewed.refusals:
            show(reviewed)
            return refused(reviewed)
        hands = make_hands(found, planned, locks, holder.run, context)
        return Executor(planned, hands, emit, found.desired.mask, workers).run()


def _reviewed(found: Found, planned: Plan, review: Review) -> Plan:
    return replace(planned, refusals=(*planned.refusals, *review(found, planned)))
