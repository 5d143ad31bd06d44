"""What an API server says of itself and of us → checks."""

from __future__ import annotations

import pytest

from reconciler.errors import ApiError, Location
from reconciler.model.preflight import Status
from reconciler.model.probe import Identity
from reconciler.preflight.cluster import identity_check, refusal_check, version_check

WHERE = Location("env.yaml", 4, 3)


def test_who_we_are() -> None:
    """With the groups, since rights come by them."""
    found = identity_check("main", Identity("ci", ("deployers", "system:authenticated")), WHERE)
    assert (found.status, found.message) == (Status.OK, "accepted as ci (deployers, system:authenticated)")


def test_being_anonymous_is_no_login() -> None:
    """A server may let anonymous users ask; that is not what a kubeconfig is for."""
    found = identity_check("main", Identity("system:anonymous", ()), WHERE)
    assert (found.status, found.where) == (Status.FAILED, WHERE)
    assert "takes us for anonymous" in found.message


@pytest.mark.parametrize(
    ("version", "status", "message"),
    [
        ("v1.29.9", Status.FAILED, "it is older than 1.30, the oldest that is supported"),
        ("v1.30.0", Status.OK, "supported"),
        ("v1.35.4", Status.OK, "supported"),
        ("v1.33.5-gke.1080000", Status.OK, "supported"),
        ("v1.36.0", Status.WARNING, "it is newer than 1.35, the newest that was tested"),
        ("v2.0.0", Status.WARNING, "it is newer than 1.35, the newest that was tested"),
        ("", Status.WARNING, "its version cannot be read"),
    ],
)
def test_versions(version: str, status: Status, message: str) -> None:
    """From 1.30 on; newer than tested is a warning."""
    found = version_check("main", version, WHERE)
    assert (found.status, found.message) == (status, message)


def test_a_refusal_is_told_without_the_clusters_name_twice() -> None:
    """The check names the cluster already."""
    error = ApiError("cluster main: secrets is forbidden", status=403, reason="Forbidden", hint="ask for a Role")
    found = refusal_check("main", "what is in it", error, WHERE)
    assert (found.message, found.hint, found.where) == ("secrets is forbidden", "ask for a Role", WHERE)
