"""A part of an environment, and what is needed of the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.desired.narrow import narrow
from reconciler.model.desired import Desired, Namespace, PullAccount, Release, SecretObject
from reconciler.model.identity import AccountId, NamespaceId, ReleaseId, SecretId, Target
from tests.plan.factories import API, WHERE, desired, namespace, release, secret

HOME, DB, DEFAULT = NamespaceId("main", "shop"), SecretId("main", "shop", "db"), AccountId("main", "shop", "default")
POLICY, CACHE = ReleaseId("hub", "shop", "policy"), replace(API, name="cache")


def whole() -> Desired:
    """Of each kind one entry, which need each other across two clusters; `cache` was not selected."""
    needs: dict[Target, None] = {POLICY: None, CACHE: None, DB: None}
    made = desired(
        replace(release(), needs=needs),
        release(POLICY),
        namespaces=[replace(namespace(), needs=needs)],
        secrets=[replace(secret(), needs=needs)],
    )
    return replace(
        made, accounts=(PullAccount(DEFAULT, (), WHERE),), unselected=(replace(release(CACHE), needs=needs),)
    )


def left(part: Desired) -> set[Target]:
    """All that is in it."""
    entries = (part.namespaces, part.secrets, part.accounts, part.releases, part.unselected)
    return {item.id for items in entries for item in items}


@pytest.mark.parametrize(
    "out",
    [{POLICY}, {POLICY, CACHE}, {DB, DEFAULT}, {HOME}, {API}, set()],
    ids=lambda out: ", ".join(sorted(map(str, out))) or "nothing",
)
def test_what_is_left_out_is_needed_by_nobody(out: set[Target]) -> None:
    """Whatever kind it is, and whoever needed it; all else is as it was."""
    part = narrow(whole(), lambda target: target not in out)
    assert left(part) == {HOME, DB, DEFAULT, API, POLICY, CACHE} - out
    entries: tuple[Namespace | SecretObject | Release, ...] = (*part.namespaces, *part.secrets, *part.releases)
    for item in (*entries, *part.unselected):
        assert set(item.needs) == (set() if item.id == POLICY else {POLICY, CACHE, DB} - out)
