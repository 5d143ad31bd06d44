"""`reconcile status`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from reconciler.diagnose.health import release_health
from reconciler.flows.context import Context, Request
from reconciler.flows.planning import look, preview_releases
from reconciler.model.identity import ReleaseId
from reconciler.model.standing import Health, Standing
from reconciler.plan.build import TargetPreview
from reconciler.plan.standing import standing
from reconciler.plan.states import Settled


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """How a release stands, and how its objects are."""

    id: ReleaseId
    standing: Standing
    health: Health


@dataclass(frozen=True, slots=True)
class Status:
    """How an environment stands."""

    environment: str
    releases: tuple[ReleaseStatus, ...]

    @property
    def is_well(self) -> bool:
        """Whether every release is in sync and healthy."""
        return all(item.standing.in_sync and item.health.is_healthy for item in self.releases)


def status(request: Request, context: Context) -> Status:
    """Each release: in sync or not, and its health. Asks the server only about objects that seem to have drifted."""
    found = look(request, context)
    settled = {key: state for key, state in found.states.items() if isinstance(state, Settled)}
    with closing(found.tools.engine):
        previews = preview_releases(found, settled)
    mask = found.desired.mask
    return Status(
        found.desired.name,
        tuple(
            ReleaseStatus(
                identity,
                standing(state, previews.get(identity, TargetPreview(())), mask),
                release_health(identity, found.observed, mask),
            )
            for identity, state in found.states.items()
        ),
    )
