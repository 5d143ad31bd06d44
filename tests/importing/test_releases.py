"""Which live releases can be imported, and what is told of them."""

from __future__ import annotations

import pytest

from reconciler.importing.releases import asked_for, obstacle, warnings
from reconciler.model.identity import ReleaseId
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.secret import MASK
from tests.plan.factories import stored


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (stored(labels={}), None),
        (stored(), None),
        (stored(ReleaseId("main", "shop", "../x")), "its name or namespace"),
        (stored(status=ReleaseStatus.PENDING_UPGRADE), "an operation is under way"),
        (stored(status=ReleaseStatus.UNINSTALLED), "it was uninstalled"),
        (stored(labels={"reconciler/environment": "other"}), 'it belongs to the environment "other"'),
    ],
)
def test_what_is_in_the_way(found: StoredRelease, told: str | None) -> None:
    """Of the environment `staging`."""
    problem = obstacle(found, "staging")
    assert (problem is None) == (told is None)
    assert (told or "") in (problem or "")


def test_a_failed_release_is_imported_and_told_without_its_secrets() -> None:
    """Helm's description of a failure may quote a value."""
    failed = stored(status=ReleaseStatus.FAILED, values={"password": "hunter22"}, description="no: hunter22")
    (note,) = warnings(failed)
    assert note.message == f"revision 1 is failed, so a plan upgrades it: no: {MASK}"
    assert not note.left_out


def test_patterns_of_names() -> None:
    """In order; none means all."""
    names = ("web", "api", "db")
    found = [stored(ReleaseId("main", "shop", name)) for name in names]
    assert [item.id.name for item in asked_for(found, ["*b"])] == ["db", "web"]
    assert [item.id.name for item in asked_for(found, [])] == ["api", "db", "web"]
