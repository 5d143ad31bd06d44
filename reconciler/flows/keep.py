"""One turn of `reconcile sync`: look, apply if that is allowed, and tell how all stands then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

from reconciler.errors import ClusterError
from reconciler.flows.apply import Conduct, carry_out
from reconciler.flows.context import Context, Request
from reconciler.flows.planning import Found, look, look_again
from reconciler.flows.status import Status, status_of
from reconciler.model.lease import Hold
from reconciler.model.outcome import ActionOutcome, Outcome, Result
from reconciler.model.plan import Plan


@dataclass(frozen=True, slots=True)
class Kept:
    """What a turn came to.

    Attributes:
        plan: what was to be done.
        outcome: what became of it; None: it was only looked at.
        status: how all stood at its end.
        trouble: why that could not be looked at, so that the status is empty; None: it could.
    """

    plan: Plan
    outcome: Outcome | None
    status: Status
    trouble: ClusterError | None = None

    @property
    def outcomes(self) -> tuple[ActionOutcome, ...]:
        """What became of each action; none: it was only looked at."""
        return self.outcome.actions if self.outcome else ()

    @property
    def left(self) -> Plan:
        """What is still to be done."""
        done = {item.action.target for item in self.outcomes if item.result.is_in_place}
        return replace(self.plan, actions=tuple(item for item in self.plan.actions if item.target not in done))


def keep(
    request: Request, context: Context, conduct: Conduct, seen: Callable[[Found], None], *, may_change: bool
) -> Kept:
    """Look at an environment, and make it so if it may be changed. Raises as `apply` does, but what was done is told
    although the cluster does not answer any more at the end.

    `seen` is given the last look, while its readers are open.
    """
    found = look(request, context)
    with closing(found.tools.engine):
        if not may_change:
            planned = conduct.make(found)
            conduct.show(planned)
            seen(found)
            return Kept(planned, None, status_of(found))
        outcome = carry_out(found, request, context, conduct)
        try:
            if any(item.result is not Result.UNCHANGED for item in outcome.actions):
                found = look_again(found, context, Hold(everyone=request.break_lock))
        except ClusterError as error:
            return Kept(outcome.plan, outcome, Status(found.desired.name, (), ()), error)
        seen(found)
        return Kept(outcome.plan, outcome, status_of(found))
