"""Made-up turns: what each release came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.daemon.looked import EVERYTHING, Looked
from reconciler.daemon.loop.runner import Ran
from reconciler.daemon.loop.turns import Turn
from reconciler.daemon.loop.views import told
from reconciler.flows.keep import Kept
from reconciler.flows.status import ReleaseStatus, Status
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.outcome import ActionOutcome, Outcome, Result
from reconciler.model.plan import Action, ActionKind, DeleteObject, Plan
from reconciler.model.standing import HEALTHY, Health, Standing, Sync
from reconciler.model.sync import Run, Trigger, Why
from tests.plan.factories import CONFIG_MAP

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
API, WEB, JOBS = (ReleaseId("main", "shop", name) for name in ("api", "web", "jobs"))


@dataclass(frozen=True)
class End:
    """How a release, or something beside releases, ended up.

    Attributes:
        work: whether something was to be done.
    """

    id: Target
    result: Result = Result.UNCHANGED
    sync: Sync = Sync.IN_SYNC
    health: Health = HEALTHY
    work: bool = False

    @property
    def action(self) -> Action:
        """What was planned; the work itself makes no difference here."""
        kind = ActionKind.CORRECT if self.work else ActionKind.NONE
        work = DeleteObject(CONFIG_MAP, None) if self.work else None  # type: ignore[arg-type]  # nobody looks at it
        return Action(kind, self.id, "a reason", (), frozenset(), work)


def kept(*ends: End, allowed: bool = True) -> Kept:
    """A part that was about these releases."""
    plan = Plan("staging", tuple(end.action for end in ends))
    done = tuple(ActionOutcome(end.action, end.result, f"{end.result} it", None, 1.0) for end in ends)
    statuses = (
        ReleaseStatus(end.id, Standing(end.sync, "", 1, "app-1"), end.health)
        for end in ends
        if isinstance(end.id, ReleaseId)
    )
    others = ((end.id, "it differs") for end in ends if not isinstance(end.id, ReleaseId) and end.sync is Sync.DRIFTED)
    return Kept(plan, Outcome(plan, done) if allowed else None, Status("staging", tuple(statuses), tuple(others)))


def whole(*ends: End, allowed: bool = True) -> Turn:
    """A turn on all that there is."""
    return Turn((kept(*ends, allowed=allowed),), ("main",), looked=EVERYTHING)


def part(*ends: End, allowed: bool = True) -> Turn:
    """A turn on some releases."""
    targets = frozenset(end.id for end in ends)
    only = (target for target in targets if isinstance(target, ReleaseId))
    return Turn((kept(*ends, allowed=allowed),), only=tuple(only), looked=Looked(targets=targets))


def ran(turn: Turn, *held: Target, allowed: bool = True) -> Ran:
    """The run with this turn, by drift; `held` was left for later."""
    said = told(turn, len(held), allowed=allowed)
    changes = sum(item.plan.changes for item in turn.kept)
    why = Why(Trigger.DRIFT, about=turn.only)
    run = Run("0123456789ab", "staging", why, None, NOW, 1.0, said.result, changes, said.message)
    return Ran(run, turn, said, dict.fromkeys(held, 99.0), allowed)
