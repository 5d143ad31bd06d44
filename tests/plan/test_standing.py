"""States → the words of `reconcile status`."""

from __future__ import annotations

import pytest

from reconciler.model.observed import Preview, ReleaseStatus
from reconciler.model.secret import MASK, Mask, SecretText
from reconciler.model.standing import Standing, Sync
from reconciler.plan.previews import TargetPreview
from reconciler.plan.standing import standing
from reconciler.plan.states import Foreign, Locked, NotInstalled, Outdated, Retired, Settled, State, Stuck, Unclaimed
from tests.plan.factories import NOW, config_map, preview, stored

PENDING = stored(status=ReleaseStatus.PENDING_UPGRADE)
FAILED = stored(status=ReleaseStatus.FAILED)


@pytest.mark.parametrize(
    ("state", "objects", "sync", "reason"),
    [
        pytest.param(Settled(stored(), ()), (), Sync.IN_SYNC, "", id="in sync"),
        pytest.param(
            Settled(stored(), ()), (preview(config_map(), config_map()),), Sync.IN_SYNC, "", id="a suspect cleared"
        ),
        pytest.param(
            Settled(stored(), ()),
            (preview(config_map(a="1"), config_map(a="2")),),
            Sync.DRIFTED,
            "drifted: ConfigMap shop/api data.a",
            id="drifted",
        ),
        pytest.param(
            Settled(stored(), ()),
            (preview(config_map(a="1"), None, verified=False, refusal="ConfigMap shop/api: no"),),
            Sync.DRIFTED,
            "drifted, and cannot be corrected: ConfigMap shop/api: no",
            id="a correction that the server refuses",
        ),
        pytest.param(Unclaimed(stored()), (), Sync.IN_SYNC, "", id="somebody else's, and as desired"),
        pytest.param(
            Unclaimed(stored()),
            (preview(config_map(a="1"), config_map(a="2")),),
            Sync.DRIFTED,
            "drifted: ConfigMap shop/api data.a",
            id="somebody else's, and not as desired",
        ),
        pytest.param(Outdated(stored(), ("a", "b")), (), Sync.OUT_OF_SYNC, "a; b", id="outdated"),
        pytest.param(Outdated(FAILED, ("revision 1 is failed",)), (), Sync.FAILED, "revision 1 is failed", id="failed"),
        pytest.param(
            Locked(PENDING, NOW), (), Sync.LOCKED, "pending-upgrade since 2026-01-02 12:00:00 UTC", id="locked"
        ),
        pytest.param(
            Stuck(PENDING),
            (),
            Sync.LOCKED,
            "pending-upgrade, left by a run that ended; the next apply repairs it",
            id="stuck",
        ),
        pytest.param(
            Foreign(stored(), "production"),
            (),
            Sync.OUT_OF_SYNC,
            'belongs to the environment "production"',
            id="foreign",
        ),
        pytest.param(Retired(stored()), (), Sync.MISSING, "uninstalled, its history was kept", id="retired"),
    ],
)
def test_each_state_has_its_word(state: State, objects: tuple[Preview, ...], sync: Sync, reason: str) -> None:
    """The word, why, and what is installed."""
    assert standing(state, TargetPreview(objects), Mask()) == Standing(sync, reason, 1, "app-1.0.0")


def test_what_is_not_installed_has_no_revision() -> None:
    """Neither has it a chart."""
    assert standing(NotInstalled(), TargetPreview(()), Mask()) == Standing(Sync.MISSING, "not installed", None, None)


def test_secrets_are_masked() -> None:
    """Helm's description of a failure may hold one."""
    mask = Mask.of([SecretText("s3cret-password")])
    found = standing(Outdated(FAILED, ("failed: s3cret-password",)), TargetPreview(()), mask)
    assert found.reason == f"failed: {MASK}"
