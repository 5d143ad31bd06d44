"""What is needed and was not selected: in place, or in the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.desired import Wait
from reconciler.model.identity import AccountId, NamespaceId, ReleaseId, SecretId, Target
from reconciler.model.observed import Observed, ReleaseStatus
from reconciler.model.plan import ActionKind
from reconciler.model.standing import HEALTHY, Condition, Health
from reconciler.plan.classify import classify
from reconciler.plan.lacking import Bystanders
from reconciler.plan.leave import leaves_of
from reconciler.plan.own import classify_own
from reconciler.plan.own_actions import own_action
from reconciler.plan.previews import NOTHING_ASKED
from reconciler.plan.states import Lacking, NotInstalled
from tests.plan.factories import API, desired, namespace, observed, release, secret, stored

CACHE, WEB, DB = replace(API, name="cache"), NamespaceId("main", "web"), SecretId("main", "web", "db")
DEFAULT = AccountId("main", "web", "default")
FAILED = Health(Condition.FAILED, "Deployment shop/cache has not progressed")
ITEM: dict[str, Any] = {"metadata": {}}


def there(*releases: ReleaseId, status: ReleaseStatus = ReleaseStatus.DEPLOYED) -> Observed:
    """A cluster with these releases, the namespace `web`, and a secret in it."""
    return observed(*(stored(item, status) for item in releases), namespaces={WEB: ITEM}, secrets={DB: ITEM})


@pytest.mark.parametrize(
    ("need", "world", "health", "stands"),
    [
        (CACHE, there(), None, "not installed"),
        (CACHE, there(CACHE, status=ReleaseStatus.FAILED), HEALTHY, "failed"),
        (CACHE, there(CACHE, status=ReleaseStatus.PENDING_UPGRADE), HEALTHY, "pending-upgrade"),
        (CACHE, there(CACHE), FAILED, "not healthy (Deployment shop/cache has not progressed)"),
        (CACHE, there(CACHE), Health(Condition.MISSING, "Service shop/cache is gone"), "not healthy (Service shop/"),
        (CACHE, there(CACHE), Health(Condition.PROGRESSING, "has 0 of 1"), None),
        (CACHE, there(CACHE), HEALTHY, None),
        (WEB, observed(), None, "not there"),
        (WEB, there(), None, None),
        (DB, observed(), None, "not there"),
        (DB, there(), None, None),
        (DEFAULT, there(), None, "not there"),
    ],
)
def test_a_need_that_was_not_selected_has_to_be_in_place(
    need: Target, world: Observed, health: Health | None, stands: str | None
) -> None:
    """Deployed, and its objects neither failed nor gone; what is still becoming healthy is waited for in the apply."""
    wanted = desired(release(needs=[need]))
    found = classify(wanted, world, health={CACHE: health} if health else {})[API]
    if stands is None:
        assert isinstance(found, NotInstalled)
    else:
        assert isinstance(found, Lacking)
        assert found.stands.startswith(stands)


def test_what_is_selected_is_not_asked_about() -> None:
    """Its own turn comes first."""
    wanted = desired(release(), release(CACHE), namespaces=[namespace("web")], secrets=[secret("db", "web")])
    needs: dict[Target, Wait | None] = dict.fromkeys((CACHE, WEB, DB))
    assert Bystanders.of(wanted, observed(), {}).lacking(needs) is None


def test_a_namespace_or_secret_waits_too() -> None:
    """Blocked, with the reason; unless it is as it should be already."""
    wanted = desired(namespaces=[replace(namespace(), needs={CACHE: None})])
    [state] = classify_own(wanted, there())
    assert state.taken == (
        "it needs release shop/cache, which was not selected and is not installed: select it as well (--with-needs)"
    )
    live = {**state.item}
    world = observed(namespaces={NamespaceId("main", "shop"): live})
    [settled] = classify_own(wanted, world)
    assert settled.as_it_should_be
    assert own_action(settled, NOTHING_ASKED, leaves_of(wanted)).kind is ActionKind.NONE
