"""A Lease on a real API server: whoever writes second is told so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.adapters.kube.leases import KubeLeases
from reconciler.errors import ApiError
from reconciler.model.desired import ClusterAccess
from reconciler.model.lease import Lease, Wish
from reconciler.model.policy import LockPolicy
from tests.conftest import Kubectl

pytestmark = pytest.mark.e2e

MOMENT = datetime(2026, 1, 2, 12, 0, 0, 5, tzinfo=UTC)
FIRST = Lease("alice@laptop/apply/1", 15.0, MOMENT, MOMENT, 0)


@pytest.fixture
def leases(cluster_access: ClusterAccess, namespace: str, kubectl: Kubectl) -> KubeLeases:
    """The lock of the environment `staging`, in a namespace of the test's own."""
    kubectl("create", "namespace", namespace)
    return KubeLeases(cluster_access, "staging", LockPolicy(namespace=namespace))


def test_what_is_written_is_read(leases: KubeLeases, namespace: str, kubectl: Kubectl) -> None:
    """All fields, also those of a Lease that nobody holds; it is marked as the environment's."""
    assert leases.read() is None
    written = leases.write(FIRST)
    assert written
    assert replace(written, version="") == FIRST
    assert leases.read() == written
    free = leases.write(replace(written, holder="", transitions=7))
    assert free
    assert (free.holder, free.transitions, free.acquired) == ("", 7, MOMENT)
    item = json.loads(kubectl("-n", namespace, "get", "lease", "reconciler-staging", "-o", "json"))
    assert item["metadata"]["labels"]["reconciler/environment"] == "staging"


def test_only_the_version_that_was_seen_is_replaced(leases: KubeLeases) -> None:
    """Of two that create it, and of two that renew it, one wins."""
    first = leases.write(FIRST)
    assert first
    assert leases.write(FIRST) is None
    second = leases.write(replace(first, holder="bob"))
    assert second
    assert leases.write(first) is None
    assert leases.read() == second


def test_wishes_are_annotations(leases: KubeLeases, namespace: str, kubectl: Kubectl) -> None:
    """They are there from the beginning, whoever writes the Lease keeps them, and people may set and remove them."""
    first = leases.write(replace(FIRST, wish=Wish("Ada <ada@example.com>", heir="bob")))
    assert first
    assert first.wish == Wish("Ada <ada@example.com>", heir="bob")
    assert leases.write(replace(first, holder="bob")) == leases.read()
    annotate = ("-n", namespace, "annotate", "lease", "reconciler-staging")
    kubectl(*annotate, "reconciler/suspended-", "reconciler/heir-", "reconciler/asked=1 Ben", "other=kept")
    found = leases.read()
    assert found
    assert (found.holder, found.wish) == ("bob", Wish(asked="1 Ben"))
    bare = leases.write(replace(found, wish=Wish()))
    assert bare
    assert bare.wish == Wish()
    item = json.loads(kubectl("-n", namespace, "get", "lease", "reconciler-staging", "-o", "json"))
    assert item["metadata"]["annotations"] == {"other": "kept"}


def test_a_deleted_lease_is_not_brought_back(leases: KubeLeases, namespace: str, kubectl: Kubectl) -> None:
    """Whoever deletes it takes the lock away from its holder."""
    first = leases.write(FIRST)
    assert first
    kubectl("-n", namespace, "delete", "lease", "reconciler-staging")
    assert leases.write(first) is None
    assert leases.read() is None


def test_a_duration_is_whole_seconds_and_never_less(leases: KubeLeases) -> None:
    """The API has no fractions of a second."""
    written = leases.write(replace(FIRST, duration=1.2))
    assert written
    assert written.duration == 2.0


def test_a_namespace_that_is_missing_is_named(cluster_access: ClusterAccess) -> None:
    """With the key that says another one."""
    with pytest.raises(ApiError, match="Lease nowhere/reconciler-staging") as caught:
        KubeLeases(cluster_access, "staging", LockPolicy(namespace="nowhere")).write(FIRST)
    assert caught.value.hint == "name a namespace that exists in `policy.lock.namespace`"
