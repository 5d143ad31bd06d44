"""Registries and repositories → checks."""

from __future__ import annotations

import pytest

from reconciler.errors import Location, TransferError, TransferReason
from reconciler.model.desired import Repository
from reconciler.model.image import Answers
from reconciler.model.oci import Credentials
from reconciler.model.preflight import Area, Status
from reconciler.model.secret import SecretText
from reconciler.preflight.registries import registry_checks, repository_check

CI = Credentials("ci", SecretText("correct-horse"))
WHERE = Location("env.yaml", 5, 3)


@pytest.mark.parametrize(
    ("credentials", "reason", "status", "message"),
    [
        (CI, None, Status.OK, "reachable, and lets us in"),
        (None, None, Status.OK, "reachable, and lets us in"),
        (None, TransferReason.DENIED, Status.OK, "reachable; it wants a login"),
        (CI, TransferReason.DENIED, Status.FAILED, "words"),
        (CI, TransferReason.UNREACHABLE, Status.UNKNOWN, "words; the nodes may reach it"),
        (None, TransferReason.UNTRUSTED, Status.UNKNOWN, "words; the nodes may reach it"),
    ],
)
def test_a_registry(
    credentials: Credentials | None, reason: TransferReason | None, status: Status, message: str
) -> None:
    """A login that it does not take would fail on the nodes too; what is only not reachable from here might not."""
    error = TransferError("words", reason=reason) if reason else None
    [found] = registry_checks(Answers({("example.com", credentials): error}, {}, {}), "main")
    who = "as ci" if credentials else "without a login"
    assert (found.area, found.subject) == (Area.REGISTRY, f"example.com {who}")
    assert (found.status, found.message) == (status, message)
    assert "correct-horse" not in repr(found)


def test_a_repository() -> None:
    """Whatever keeps it from being used keeps its charts from being had."""
    made = Repository("team", "https://example.com", "ci", SecretText("pw"), None, plain_http=False, where=WHERE)
    good = repository_check(made, None)
    bad = repository_check(made, TransferError("words", reason=TransferReason.UNREACHABLE, hint="hint"))
    assert (good.status, good.subject, good.message) == (
        Status.OK,
        "team (https://example.com)",
        "reachable, and accepts ci",
    )
    assert (bad.status, bad.message, bad.hint, bad.where) == (Status.FAILED, "words", "hint", WHERE)
