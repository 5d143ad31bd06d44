"""`reconcile apply`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

from reconciler.apply.executor import Executor, Haste, unhurried
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


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a plan is carried out.

    Attributes:
        workers: releases done at once.
        show: is given the plan before anything is done.
        make: makes the plan of what was found, and may leave out what is not to be done now.
        haste: is asked all the time whether the run has to come to its end.
    """

    workers: int
    show: Callable[[Plan], None]
    emit: Callable[[Event], None]
    review: Review = no_review
    make: Callable[[Found], Plan] = make_plan
    haste: Callable[[], Haste] = unhurried


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
    with closing(found.tools.engine):
        return carry_out(found, request, context, Conduct(workers, show, emit, review))


def carry_out(found: Found, request: Request, context: Context, conduct: Conduct) -> Outcome:
    """The same, of what was found just before."""
    holder, show = context.holder("apply"), conduct.show
    with make_locks(found, holder, request, context, conduct.emit) as locks:
        planned = _reviewed(found, conduct.make(found), conduct.review)
        show(planned)
        if planned.refusals:
            return refused(planned)
        found, planned = under_lock(found, planned, locks, request, context, show, conduct.make)
        if planned.refusals:
            return refused(planned)
        reviewed = _reviewed(found, planned, conduct.review)
        if reviewed.refusals:
            show(reviewed)
            return refused(reviewed)
        hands = make_hands(found, planned, locks, holder.run, context, conduct.haste)
        return Executor(planned, hands, conduct.emit, found.desired.mask, conduct.workers, conduct.haste).run()


def _reviewed(found: Found, planned: Plan, review: Review) -> Plan:
    return replace(planned, refusals=(*planned.refusals, *review(found, planned)))
