"""Whether a pending revision is repaired: by what is known of whoever began it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.model.lease import NO_HOLD, Hold
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.ownership import BEGUN_BY, release_labels
from reconciler.model.policy import LockPolicy
from reconciler.plan.pending import pending, repair_reason, run_of
from reconciler.plan.states import Locked, Stuck
from tests.plan.factories import DIGEST, NOW, config_map, stored

OURS = stored(
    status=ReleaseStatus.PENDING_UPGRADE,
    revision=4,
    labels=release_labels("staging", DIGEST, 4, "run1"),
    age=timedelta(0),
)
PLAIN = stored(status=ReleaseStatus.PENDING_UPGRADE, revision=4, age=timedelta(minutes=59))
HELD, ELSEWHERE = Hold(frozenset({"main"})), Hold(frozenset({"other"}))
LATER = timedelta(minutes=2)
THEN = ": repaired, then upgraded"


@pytest.mark.parametrize(
    ("found", "hold", "age", "expected"),
    [
        pytest.param(OURS, HELD, timedelta(0), Stuck(OURS, "run1", 3), id="ours, and the lock is ours now: dead"),
        pytest.param(OURS, NO_HOLD, LATER, Stuck(OURS, "run1", 3, is_certain=False), id="ours, without the lock: open"),
        pytest.param(
            OURS, ELSEWHERE, LATER, Stuck(OURS, "run1", 3, is_certain=False), id="the lock of another cluster"
        ),
        pytest.param(OURS, Hold(everyone=True), timedelta(0), Stuck(OURS, "run1", 3), id="--break-lock"),
        pytest.param(PLAIN, HELD, timedelta(0), Locked(PLAIN, PLAIN.changed), id="plain helm, whoever has our lock"),
        pytest.param(PLAIN, NO_HOLD, LATER, Stuck(PLAIN, None, 3), id="plain helm, older than any can be"),
        pytest.param(PLAIN, Hold(everyone=True), timedelta(0), Stuck(PLAIN, None, 3), id="plain helm, --break-lock"),
    ],
)
def test_who_is_dead(found: StoredRelease, hold: Hold, age: timedelta, expected: Stuck | Locked) -> None:
    """Ours by the lock, a plain `helm` by its age, and anybody by --break-lock."""
    assert pending(found, 3, LockPolicy(), hold, NOW + age) == expected


def test_without_locks_all_are_judged_by_age() -> None:
    """Where `policy.lock.enabled` is false, a run of ours holds no lock that could tell."""
    policy = LockPolicy(enabled=False, helm_timeout=60)
    assert pending(OURS, 0, policy, HELD, NOW + timedelta(seconds=60)) == Locked(OURS, OURS.changed)
    assert pending(OURS, 0, policy, HELD, NOW + timedelta(seconds=61)) == Stuck(OURS)


@pytest.mark.parametrize(
    ("found", "run"),
    [
        pytest.param(OURS, "run1", id="its own revision"),
        pytest.param(replace(OURS, revision=5), None, id="labels that Helm copied to the next one"),
        pytest.param(replace(OURS, status=ReleaseStatus.UNINSTALLING), None, id="labels of the revision that goes"),
        pytest.param(
            replace(OURS, status=ReleaseStatus.PENDING_ROLLBACK, labels={BEGUN_BY: "run2.4"}),
            "run2",
            id="a rollback of ours",
        ),
        pytest.param(
            replace(OURS, status=ReleaseStatus.PENDING_ROLLBACK, labels={**OURS.labels, BEGUN_BY: "run2.3"}),
            None,
            id="a later rollback by hand",
        ),
        pytest.param(PLAIN, None, id="no run"),
    ],
)
def test_the_run_of_a_revision(found: StoredRelease, run: str | None) -> None:
    """Labels outlive the run that wrote them, and then say nothing."""
    assert run_of(found) == run


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (Stuck(OURS), "revision 4 was left pending-upgrade by a run that ended: repaired, then upgraded"),
        (
            Stuck(replace(OURS, objects=(config_map("a"), config_map("b"))), "r", in_place=1),
            f"revision 4 was left pending-upgrade by run r that ended with 1 of 2 objects in place{THEN}",
        ),
        (
            Stuck(OURS, "run1", is_certain=False),
            "revision 4 is pending-upgrade by run run1: repaired when its lock is free, then upgraded",
        ),
    ],
)
def test_a_repair_says_what_it_found(state: Stuck, expected: str) -> None:
    """Who began it, how far it had come, and what is done about it."""
    assert repair_reason(state) == expected
