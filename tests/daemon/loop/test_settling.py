"""What is looked at again soon, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.daemon.config.sync_file import KeepSpec
from reconciler.daemon.loop.runner import Ran
from reconciler.daemon.loop.settling import Settling
from reconciler.daemon.loop.turns import Turn
from reconciler.errors import LockError
from reconciler.model.identity import SecretId, Target
from reconciler.model.outcome import Result
from reconciler.model.standing import Condition, Health, Sync
from tests.daemon.turns import API, WEB, End, part, ran, whole

KEEP = KeepSpec()
LOGIN = SecretId("main", "shop", "login")
STARTING = Health(Condition.PROGRESSING, "0 of 1 pods are ready")
WELL, STARTS, DRIFTED = End(API), End(API, Result.DONE, health=STARTING), End(API, sync=Sync.DRIFTED)


def times(*runs: Ran, keep: KeepSpec = KEEP) -> Mapping[Target, float]:
    """After these runs, at tick 100."""
    settling = Settling()
    for item in runs:
        settling = settling.after(keep, item, 100.0, 0.0)
    return settling.times()


@pytest.mark.parametrize(
    ("last", "keep", "expected"),
    [
        (ran(whole(WELL)), KEEP, {}),
        (ran(whole(STARTS, End(WEB))), KEEP, {API: 105.0}),
        (ran(whole(DRIFTED, End(WEB))), KEEP, {API: 100.25}),
        (ran(whole(DRIFTED, End(WEB, Result.FAILED))), KEEP, {API: 100.25}),
        (ran(whole(WELL, End(LOGIN, Result.DONE, Sync.DRIFTED))), KEEP, {LOGIN: 100.25}),
        (ran(whole(WELL, End(LOGIN, Result.FAILED, Sync.DRIFTED))), KEEP, {}),
        (ran(whole(DRIFTED, allowed=False), allowed=False), KEEP, {}),
        (ran(whole(replace(DRIFTED, result=Result.FAILED))), KEEP, {}),
        (ran(whole(replace(DRIFTED, result=Result.REFUSED))), KEEP, {}),
        (ran(whole(DRIFTED), API), KEEP, {}),
        (ran(whole(DRIFTED)), KeepSpec.model_validate({"correctDrift": False}), {}),
    ],
    ids=[
        "well",
        "starting",
        "changed during the run",
        "another failed",
        "a secret",
        "a secret that failed",
        "not allowed",
        "failed, which is tried again by itself",
        "refused",
        "held back",
        "left",
    ],
)
def test_what_is_looked_at_again(last: Ran, keep: KeepSpec, expected: Mapping[Target, float]) -> None:
    """Soon what starts; at once what somebody changed during the run."""
    assert times(last, keep=keep) == expected


def test_what_always_drifts_is_looked_at_less_and_less() -> None:
    """Whatever changes it each time, we do not keep up with it for ever."""
    drifted, settling, waits = ran(part(DRIFTED)), Settling(), []
    for _ in range(12):
        settling = settling.after(KEEP, drifted, 100.0, 0.0)
        waits.append(settling.times()[API] - 100)
    assert waits == [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300]


def test_what_was_not_looked_at_is_as_before() -> None:
    """Each has its own time; one that is well, or gone from the file, has none any more."""
    both = ran(whole(STARTS, End(WEB, health=STARTING)))
    assert times(both, ran(part(End(WEB)))) == {API: 105.0}
    assert times(both, ran(part(End(WEB, health=STARTING)))) == {API: 105.0, WEB: 110.0}
    assert times(both, ran(whole(End(WEB)))) == {}


def test_what_cannot_be_looked_at_is_not_tried_all_the_time() -> None:
    """Such as while another run has the lock."""
    settling = Settling().after(KEEP, ran(whole(STARTS)), 100.0, 0.0)
    lost = ran(Turn(trouble=LockError("another run is at work"), only=(API,)))
    assert settling.after(KEEP, lost, 105.0, 0.0).times() == {API: 115.0}
    assert settling.after(KEEP, lost, 103.0, 0.0).times() == {API: 105.0}
