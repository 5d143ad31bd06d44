"""Namespaces: there, to be made, missing, or on their way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.model.desired import Namespace
from reconciler.model.identity import NamespaceId
from reconciler.model.json import JsonMap
from reconciler.model.preflight import Status
from reconciler.preflight.namespaces import namespace_checks
from tests.plan.factories import WHERE, desired, namespace, observed, release

SHOP = NamespaceId("main", "shop")
LIVE: JsonMap = {"metadata": {"name": "shop"}}
GOING: JsonMap = {
    "metadata": {"name": "shop", "deletionTimestamp": "2026-01-01T00:00:00Z"},
    "status": {
        "conditions": [
            {"type": "NamespaceContentRemaining", "status": "True", "message": "1 thing is left"},
            {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "all is well"},
        ]
    },
}


@pytest.mark.parametrize(
    ("kept", "live", "status", "message"),
    [
        pytest.param([namespace()], {SHOP: LIVE}, Status.OK, "exists", id="there"),
        pytest.param([], {SHOP: LIVE}, Status.OK, "exists", id="somebody else's"),
        pytest.param([namespace()], {}, Status.OK, "is going to be made", id="ours to make"),
        pytest.param(
            [], {}, Status.FAILED, "it does not exist, and `manage: false` leaves it to others", id="nobody makes it"
        ),
        pytest.param(
            [namespace()],
            {SHOP: GOING},
            Status.FAILED,
            "namespace shop is being deleted: 1 thing is left",
            id="on its way out",
        ),
    ],
)
def test_a_namespace(kept: list[Namespace], live: Mapping[NamespaceId, JsonMap], status: Status, message: str) -> None:
    """Nothing can be made in one that goes, and its controller says what holds it."""
    cluster = replace(observed().clusters["main"], namespaces=live)
    (found,) = namespace_checks(desired(release(), namespaces=kept), cluster)
    assert (found.subject, found.status, found.message) == ("namespace shop", status, message)
    assert found.where == (WHERE if status is Status.FAILED else None)
