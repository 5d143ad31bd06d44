"""Which part of an environment a turn is about."""

from __future__ import annotations

from dataclasses import replace

from reconciler.daemon.turns import Scope
from reconciler.desired.select import select
from reconciler.model.identity import ReleaseId
from tests.plan.factories import API, desired, release

WEB, AWAY, FAR = ReleaseId("main", "shop", "web"), ReleaseId("main", "away", "api"), ReleaseId("far", "shop", "api")


def test_selectors_of_releases() -> None:
    """They select just these, in the part of each cluster, whatever else is called like them."""
    accesses = desired().clusters
    wanted = replace(
        desired(*map(release, (API, WEB, AWAY, FAR))),
        clusters={**accesses, "far": replace(accesses["main"], name="far")},
    )
    parts = Scope(("main", "far"), ("main", "far"), (API, WEB, FAR)).parts
    found = {name: {item.id for item in select(wanted, selectors).releases} for name, selectors in parts.items()}
    assert found == {"main": {API, WEB}, "far": {FAR}}


def test_selectors_of_clusters() -> None:
    """Without releases, each cluster that can be reached is a part."""
    assert Scope(("main", "far"), ("far",)).parts == {"far": ("cluster=far",)}
