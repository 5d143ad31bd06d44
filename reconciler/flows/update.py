"""`reconcile update`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from reconciler.desired.load import load_unlocked
from reconciler.desired.lock import lock_path, lock_text, read_lock
from reconciler.desired.relock import charts_to_lock, lock_changes, relocked
from reconciler.desired.select import select
from reconciler.errors import DesiredStateErrors
from reconciler.flows.context import Context, Request
from reconciler.flows.masking import masked
from reconciler.model.desired import Desired
from reconciler.model.inputs import Inputs
from reconciler.model.lock import Lock, LockKey, LockUpdate, Pin
from reconciler.observe.concurrency import concurrently

Save = Callable[[Path, str], None]


def update(request: Request, context: Context, save: Save | None) -> LockUpdate:
    """Ask anew what the selected charts stand for, and write the lock file if that changes it; None: do not write."""
    desired = load_unlocked(request.environment, context.inputs)
    path = lock_path(request.environment, context.inputs)
    before = _before(path, context.inputs, every=not request.only)
    with masked(desired.mask):
        resolved = _resolved(select(desired, request.only), context)
    after = relocked(before, charts_to_lock(desired), resolved)
    made = LockUpdate(context.inputs.files.shown(path), lock_changes(before, after))
    if made.changed and save:
        save(path, lock_text(after))
    return made


def _before(path: Path, inputs: Inputs, *, every: bool) -> Lock:
    try:
        return read_lock(path, inputs)
    except DesiredStateErrors:
        # Such as one that a merge has left in conflict: when all is asked anew, nothing of it is needed.
        if every:
            return {}
        raise


def _resolved(selected: Desired, context: Context) -> dict[LockKey, Pin]:
    asked = charts_to_lock(selected)
    tools = context.tools(selected)
    with closing(tools.engine):
        return dict(zip(asked, concurrently(tools.resolve_chart, list(asked.values())), strict=True))
