"""When an environment is looked at next, by what its last run has found."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.daemon.config import KeepSpec
from reconciler.daemon.runner import Ran
from reconciler.daemon.showing import next_look
from reconciler.daemon.timing import Polling
from reconciler.daemon.turns import Turn
from reconciler.daemon.views import Told
from reconciler.flows.keep import Kept
from reconciler.flows.status import ReleaseStatus, Status
from reconciler.model.identity import ReleaseId
from reconciler.model.plan import Plan
from reconciler.model.standing import HEALTHY, Condition, Health, Standing, Sync
from reconciler.model.sync import Run, RunResult, Trigger, Why

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
KEEP = KeepSpec()
INTERVAL = Polling(KEEP.interval).next(0.0, 0.0)
STARTING = Health(Condition.PROGRESSING, "0 of 1 pods are ready")


def ran(sync: Sync, health: Health, result: RunResult = RunResult.CONVERGED, *, allowed: bool = True) -> Ran:
    """A run after which its one release stood like this."""
    status = ReleaseStatus(ReleaseId("main", "shop", "api"), Standing(sync, "", 1, "api-1"), health)
    kept = Kept(Plan("staging", ()), None, Status("staging", (status,), ()))
    run = Run("0123456789ab", "staging", Why(Trigger.DRIFT), None, NOW, 1.0, result, 1, "")
    return Ran(run, Turn((kept,), ("main",)), Told(result, ""), {}, allowed)


@pytest.mark.parametrize(
    ("last", "keep", "due"),
    [
        (ran(Sync.IN_SYNC, HEALTHY), KEEP, INTERVAL),
        (ran(Sync.IN_SYNC, STARTING), KEEP, 5.0),
        (ran(Sync.DRIFTED, HEALTHY), KEEP, 1.0),
        (ran(Sync.DRIFTED, HEALTHY, allowed=False), KEEP, INTERVAL),
        (ran(Sync.DRIFTED, HEALTHY, RunResult.FAILED), KEEP, INTERVAL),
        (ran(Sync.DRIFTED, HEALTHY), KeepSpec.model_validate({"correctDrift": False}), INTERVAL),
    ],
    ids=["well", "starting", "changed during the run", "not allowed", "failed, which is tried again by itself", "left"],
)
def test_the_next_look(last: Ran, keep: KeepSpec, due: float) -> None:
    """After the interval; soon while something starts, and at once where somebody changed something during the run."""
    assert next_look(keep, last, 0, NOW, 0.0).due == due


def test_what_always_drifts_is_looked_at_less_and_less() -> None:
    """Whatever changes it each time, we do not keep up with it for ever."""
    drifted = ran(Sync.DRIFTED, HEALTHY)
    waits, settling = [], 0
    for _ in range(12):
        pace = next_look(KEEP, drifted, settling, NOW, 0.0)
        settling = pace.settling
        waits.append(pace.due)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
