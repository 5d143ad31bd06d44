"""How a release stands, in one word and a reason."""

from __future__ import annotations

from reconciler.model.cluster import HELM_MANAGER
from reconciler.model.observed import ReleaseStatus
from reconciler.model.secret import Mask
from reconciler.model.standing import Standing, Sync
from reconciler.plan.previews import TargetPreview
from reconciler.plan.states import (
    Foreign,
    Homeless,
    Lacking,
    Locked,
    NotInstalled,
    Outdated,
    Retired,
    Settled,
    State,
    Stuck,
    Unclaimed,
)
from reconciler.plan.wording import drifted


def standing(state: State, preview: TargetPreview, mask: Mask) -> Standing:
    """The standing of a release in a state; `preview` has the answers about its suspects."""
    if isinstance(state, NotInstalled):
        return Standing(Sync.MISSING, "not installed", None, None)
    if isinstance(state, Homeless):
        return Standing(Sync.MISSING, "its namespace does not exist", None, None)
    if isinstance(state, Lacking):
        return Standing(Sync.OUT_OF_SYNC, f"needs {state.need}, which is {state.stands}", None, None)
    sync, reason = _word(state, preview, mask)
    stored = state.stored
    return Standing(sync, mask.text(reason), stored.revision, f"{stored.chart_name}-{stored.chart_version}")


def _word(state: State, preview: TargetPreview, mask: Mask) -> tuple[Sync, str]:
    match state:
        case Outdated(stored, reasons):
            failed = stored.status is ReleaseStatus.FAILED
            return (Sync.FAILED if failed else Sync.OUT_OF_SYNC), "; ".join(reasons)
        case Settled() | Unclaimed():
            return _settled(preview, mask)
    return _unusual(state)


def _settled(preview: TargetPreview, mask: Mask) -> tuple[Sync, str]:
    if preview.refusals:
        return Sync.DRIFTED, f"drifted, and cannot be corrected: {'; '.join(preview.refusals)}"
    changes = preview.changes(mask, HELM_MANAGER)
    return (Sync.DRIFTED, drifted(changes)) if changes else (Sync.IN_SYNC, "")


def _unusual(state: State) -> tuple[Sync, str]:
    match state:
        case Locked(stored, since):
            return Sync.LOCKED, f"{stored.status} since {since:%Y-%m-%d %H:%M:%S} UTC"
        case Stuck(stored):
            if not state.is_certain:
                return Sync.LOCKED, f"{stored.status} by run {state.run}; if it is dead, the next apply repairs it"
            return Sync.LOCKED, f"{stored.status}, left by a run that ended; the next apply repairs it"
        case Foreign(_, environment):
            return Sync.OUT_OF_SYNC, f'belongs to the environment "{environment}"'
        case Retired():
            return Sync.MISSING, "uninstalled, its history was kept"
    return Sync.MISSING, "not installed"
