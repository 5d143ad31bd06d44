"""`reconcile status`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from reconciler.diagnose.health import release_health
from reconciler.flows.context import Context, Request
from reconciler.flows.planning import Found, look, own_previews, preview_releases
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.plan import ActionKind
from reconciler.model.standing import Health, Standing
from reconciler.plan.leave import leaves_of
from reconciler.plan.own_actions import own_action
from reconciler.plan.previews import NOTHING_ASKED
from reconciler.plan.prune import GONE
from reconciler.plan.removals import orphan_targets
from reconciler.plan.standing import standing
from reconciler.plan.states import Settled, Unclaimed


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
    others: tuple[tuple[Target, str], ...]
    """The namespaces, secrets and ServiceAccounts that are not as they should be, each with the reason."""

    @property
    def is_well(self) -> bool:
        """Whether every release is in sync and healthy, and every namespace and secret as it should be."""
        releases = all(item.standing.in_sync and item.health.is_healthy for item in self.releases)
        return releases and not self.others


def status(request: Request, context: Context) -> Status:
    """How all stands, and how healthy the releases are. The server is asked only about what seems to have drifted."""
    found = look(request, context)
    with closing(found.tools.engine):
        return status_of(found)


def status_of(found: Found) -> Status:
    """The same, of what was found just before."""
    settled = {key: state for key, state in found.states.items() if isinstance(state, Settled | Unclaimed)}
    previews = {**own_previews(found), **preview_releases(found, settled)}
    mask = found.desired.mask
    leaves = leaves_of(found.desired)
    own = (own_action(state, previews.get(state.target, NOTHING_ASKED), leaves) for state in found.own)
    orphans = orphan_targets(found.pruner) if found.desired.policy.prune.enabled else ()
    return Status(
        found.desired.name,
        tuple(
            ReleaseStatus(
                identity,
                standing(state, previews.get(identity, NOTHING_ASKED), mask),
                release_health(identity, found.observed, mask),
            )
            for identity, state in found.states.items()
        ),
        (
            *((action.target, action.reason) for action in own if action.kind is not ActionKind.NONE),
            *((target, GONE) for target in orphans),
        ),
    )
