"""Quotas against what an apply adds."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.preflight import Check, Status
from reconciler.model.surroundings import Surroundings, Unread
from reconciler.model.workloads import RenderedObject
from reconciler.preflight.quota import quota_checks
from tests.preflight.objects import PLACES, WHERE, container, deployment, live

POD = {"containers": [container(resources={"requests": {"cpu": "500m"}})]}


def quota(hard: dict[str, str], used: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """A ResourceQuota of the namespace."""
    return live("ResourceQuota", "q", spec={"hard": hard, **spec}, status={"hard": hard, "used": used or {}})


def checks(item: dict[str, Any], after: RenderedObject, *before: RenderedObject) -> list[Check]:
    """The checks of one quota."""
    around = Surroundings(quotas={"shop": (item,)})
    return list(quota_checks([after], before, around, {"Deployment.apps/v1": "deployments"}, PLACES))


@pytest.mark.parametrize(
    ("hard", "used", "status", "message"),
    [
        ({"requests.cpu": "2"}, {}, Status.OK, "0 of 2 are used, and 1.5 more are asked for"),
        ({"cpu": "2"}, {"cpu": "500m"}, Status.OK, "500m of 2 are used, and 1.5 more are asked for"),
        ({"cpu": "2"}, {"cpu": "501m"}, Status.FAILED, "501m of 2 are used, and 1.5 more are asked for"),
        ({"pods": "2"}, {}, Status.FAILED, "0 of 2 are used, and 3 more are asked for"),
        (
            {"count/deployments.apps": "1"},
            {"count/deployments.apps": "1"},
            Status.FAILED,
            "1 of 1 are used, and 1 more are asked for",
        ),
        ({"services": "0"}, {}, Status.OK, "0 of 0 are used, and 0 more are asked for"),
        ({"secrets": "x"}, {}, Status.UNKNOWN, "x cannot be read"),
    ],
)
def test_new_pods(hard: dict[str, str], used: dict[str, str], status: Status, message: str) -> None:
    """What is used and what is asked for, together against what there is."""
    (found,) = checks(quota(hard, used), deployment(pod=POD, replicas=3))
    assert (found.status, found.message) == (status, message)
    if status is Status.FAILED:
        assert found.where == WHERE


def test_an_upgrade_counts_what_is_new() -> None:
    """Three replicas more of four is one more, though the quota is nearly used up."""
    item = quota({"pods": "4"}, {"pods": "3"})
    (found,) = checks(item, deployment(pod=POD, replicas=4), deployment(pod=POD, replicas=3))
    assert (found.status, found.message) == (Status.OK, "3 of 4 are used, and 1 more are asked for")


def test_a_quota_that_is_broken_already_does_not_stop_what_asks_for_less() -> None:
    """Fewer pods are always fine."""
    item = quota({"pods": "2"}, {"pods": "3"})
    (found,) = checks(item, deployment(pod=POD, replicas=1), deployment(pod=POD, replicas=3))
    assert found.status is Status.OK


def test_pods_that_do_not_say_what_a_quota_counts() -> None:
    """They are refused, so the containers are named."""
    found = checks(quota({"limits.memory": "1Gi"}), deployment(pod=POD))
    assert (found[-1].status, found[-1].message) == (
        Status.FAILED,
        "it demands limits.memory of every container, and main of Deployment shop/api has none",
    )


def test_scoped_quotas_are_not_calculated() -> None:
    """That is said."""
    (found,) = checks(quota({"pods": "1"}, scopes=["BestEffort"]), deployment(pod=POD, replicas=3))
    assert found.status is Status.UNKNOWN


def test_quotas_that_may_not_be_read() -> None:
    """Unknown, no failure."""
    around = Surroundings(quotas={"shop": Unread("resourcequotas is forbidden")})
    (found,) = quota_checks([deployment(pod=POD)], [], around, {}, PLACES)
    assert (found.status, found.subject) == (Status.UNKNOWN, "quotas of shop")
