"""`reconcile plan`."""

from __future__ import annotations

from contextlib import closing

from reconciler.flows.context import Context, Request
from reconciler.flows.planning import look, make_plan
from reconciler.model.plan import Plan


def plan(request: Request, context: Context) -> Plan:
    """What `apply` would do; writes nothing."""
    found = look(request, context)
    with closing(found.tools.engine):
        return make_plan(found)
