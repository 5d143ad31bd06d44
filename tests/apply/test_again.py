"""What is left to do after a try that failed, by what the cluster holds then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.apply.again import again
from reconciler.errors import EngineError
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.ownership import release_labels
from reconciler.model.plan import Action, ActionKind, WriteRelease
from tests.plan.factories import API, DIGEST, release, stored

WORK = WriteRelease(release(), "staging", 3, None, (), "reconciler: why")
ACTION = Action(ActionKind.UPGRADE, API, "", (), frozenset(), WORK)
FIRST = replace(WORK, revision=1)
INSTALL = replace(ACTION, kind=ActionKind.INSTALL, work=FIRST)


@pytest.mark.parametrize(
    ("action", "found", "kind", "revision", "repair"),
    [
        pytest.param(INSTALL, None, ActionKind.INSTALL, 1, None, id="nothing was installed"),
        pytest.param(ACTION, stored(revision=2), ActionKind.UPGRADE, 3, None, id="nothing was written"),
        pytest.param(
            ACTION,
            stored(status=ReleaseStatus.PENDING_UPGRADE, revision=2),
            ActionKind.UPGRADE,
            3,
            2,
            id="not yet repaired",
        ),
        pytest.param(
            INSTALL, stored(status=ReleaseStatus.FAILED, revision=1), ActionKind.UPGRADE, 2, None, id="install failed"
        ),
        pytest.param(
            ACTION, stored(status=ReleaseStatus.FAILED, revision=3), ActionKind.UPGRADE, 4, None, id="upgrade failed"
        ),
        pytest.param(
            ACTION,
            stored(status=ReleaseStatus.PENDING_UPGRADE, revision=3),
            ActionKind.UPGRADE,
            4,
            3,
            id="left pending",
        ),
    ],
)
def test_the_next_try_begins_where_the_last_one_ended(
    action: Action, found: StoredRelease | None, kind: ActionKind, revision: int, repair: int | None
) -> None:
    """What was written counts, not what a call answered."""
    work = action.work
    assert isinstance(work, WriteRelease)
    left = again(action, work, found)
    assert left is not None
    assert isinstance(left.work, WriteRelease)
    assert (left.kind, left.work.revision, left.work.repair) == (kind, revision, repair)


def test_a_lost_answer_is_no_failure() -> None:
    """The revision is deployed: nothing is left to do."""
    assert again(ACTION, WORK, stored(revision=3)) is None


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(None, id="uninstalled"),
        pytest.param(stored(revision=1), id="another history"),
        pytest.param(stored(revision=4), id="a later revision"),
        pytest.param(stored(revision=3, labels=release_labels("staging", DIGEST, 2)), id="by hand"),
        pytest.param(stored(revision=3, labels=release_labels("other", DIGEST, 3)), id="another environment"),
    ],
)
def test_what_somebody_else_wrote_is_left_alone(found: StoredRelease | None) -> None:
    """The plan was made for something else."""
    with pytest.raises(EngineError, match="was written by somebody else"):
        again(ACTION, WORK, found)
