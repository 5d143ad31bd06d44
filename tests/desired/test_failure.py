"""What is done when a release fails: from the release, the defaults, or as it always is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.model.failure import DEFAULT_ON_FAILURE, OnFailure, Remedy, Retry
from tests.desired.project import HEAD, Project

PLACE = "namespaces: {shop: {}}\n"


@pytest.fixture
def shop(project: Project, chart: Mapping[str, str]) -> Project:
    """A project with a chart."""
    project.write(chart)
    return project


@pytest.mark.parametrize(
    ("defaults", "own", "policy"),
    [
        ("", "", DEFAULT_ON_FAILURE),
        ("", "onFailure: {upgrade: rollback}", OnFailure(Retry(), Remedy.LEAVE, Remedy.ROLLBACK)),
        ("onFailure: {install: uninstall}", "", OnFailure(Retry(), Remedy.UNINSTALL, Remedy.LEAVE)),
        (
            "onFailure: {retries: 5, maxBackoff: 1m, upgrade: rollback}",
            "onFailure: {retries: 0, backoff: 10s, upgrade: leave}",
            OnFailure(Retry(0, 10.0, 60.0), Remedy.LEAVE, Remedy.LEAVE),
        ),
    ],
)
def test_each_key_by_itself(shop: Project, defaults: str, own: str, policy: OnFailure) -> None:
    """A release takes from the defaults what it does not say."""
    text = f"{HEAD}{PLACE}defaults: {{namespace: shop, {defaults}}}\nreleases: {{api: {{chart: ./chart, {own}}}}}\n"
    [release] = shop.load(text).releases
    assert release.on_failure == policy


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("onFailure: {install: rollback}", "onFailure.install: has to be 'leave' or 'uninstall'"),
        ("onFailure: {upgrade: uninstall}", "onFailure.upgrade: has to be 'leave' or 'rollback'"),
        ("onFailure: {retries: -1}", "onFailure.retries: has to be 0 or more"),
        ("onFailure: {backoff: 0}", "onFailure.backoff: a duration such as 90s, 5m or 1h30m"),
        ("labels: {name: web}", "labels: name is no label: `--only name=…` asks for the release's own name"),
        ("labels: {tier: 'a,b'}", "labels: tier: a label is made of letters, digits, -, _ and .; its key may hold /"),
    ],
)
def test_what_makes_no_sense_is_a_mistake(shop: Project, entry: str, message: str) -> None:
    """There is nothing to roll a first install back to, and what was in use is not uninstalled."""
    found = shop.mistakes(f"{HEAD}{PLACE}releases: {{api: {{chart: ./chart, namespace: shop, {entry}}}}}\n")
    assert len(found) == 1
    assert found[0].endswith(message)
