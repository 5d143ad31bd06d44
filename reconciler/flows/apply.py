"""`reconcile apply`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial

from reconciler.apply.executor import Executor, Hands
from reconciler.apply.handlers import Handlers
from reconciler.flows.context import Context, Request
from reconciler.flows.planning import Found, look, make_plan
from reconciler.model.finding import Finding
from reconciler.model.outcome import Event, Outcome, refused
from reconciler.model.plan import Action, Plan


def apply(
    request: Request, context: Context, workers: int, show: Callable[[Plan], None], emit: Callable[[Event], None]
) -> Outcome:
    """Make it so, unless a guard refuses. `show` is given the plan before anything is done."""
    found = look(request, context)
    desired = found.desired
    with closing(found.tools.engine) as engine:
        planned = make_plan(found)
        show(planned)
        if planned.refusals:
            return refused(planned)
        writers = {name: context.writer(access) for name, access in desired.clusters.items()} if planned.changes else {}
        handlers = Handlers(writers, desired.clusters, engine)
        hands = Hands(handlers.perform, engine.cancel, partial(_explain, found, context))
        return Executor(planned, hands, emit, desired.mask, workers).run()


def _explain(found: Found, context: Context, action: Action, told: str, hint: str | None) -> tuple[Finding, ...]:
    from reconciler.flows.investigate import Investigator  # noqa: PLC0415 - only failures need it

    readers = {name: previewer.cluster for name, previewer in found.previewers.items()}
    return Investigator(found.desired, readers, context.now).failed(action, told, hint)
