"""Who comes after whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.desired import Desired, PullAccount
from reconciler.model.graph import graph
from reconciler.model.identity import AccountId, NamespaceId, SecretId, Target
from tests.plan.factories import API, WHERE, desired, namespace, release, secret

NS, DB, REGISTRY = NamespaceId("main", "shop"), SecretId("main", "shop", "db"), SecretId("main", "shop", "registry")
WEB, ACCOUNT = replace(API, name="web"), AccountId("main", "shop", "default")


def world(*, late: frozenset[str] = frozenset()) -> Desired:
    """A namespace with two secrets, of which `late` need a release of it, an account with one of them, two releases."""
    secrets = [replace(secret(name), needs={WEB: None} if name in late else {}) for name in ("db", "registry")]
    made = desired(release(API), release(WEB), namespaces=[namespace()], secrets=secrets)
    return replace(made, accounts=(PullAccount(ACCOUNT, ("registry",), WHERE),))


@pytest.mark.parametrize(
    ("late", "after"),
    [
        ("", {DB: {NS}, REGISTRY: {NS}, ACCOUNT: {NS, DB, REGISTRY}, API: {NS, DB, REGISTRY, ACCOUNT}}),
        ("db", {DB: {NS, WEB}, ACCOUNT: {NS, REGISTRY}, API: {NS, REGISTRY, ACCOUNT}, WEB: {NS, REGISTRY, ACCOUNT}}),
        ("registry", {REGISTRY: {NS, WEB}, ACCOUNT: {NS, DB, REGISTRY}, API: {NS, DB}, WEB: {NS, DB}}),
    ],
)
def test_releases_come_after_the_secrets_and_accounts_beside_them(late: str, after: dict[Target, set[Target]]) -> None:
    """But for those that need something themselves, which may be that very release."""
    found = graph(world(late=frozenset(late.split())))
    assert {target: set(found[target]) for target in after} == after


def test_what_is_written_comes_first_too() -> None:
    """Of namespaces as of releases."""
    there = NamespaceId("main", "web")
    wanted = desired(
        release(API, needs=[DB, there]), namespaces=[namespace(), replace(namespace("web"), needs={API: None})]
    )
    assert graph(wanted) == {NS: frozenset(), there: {API}, API: {NS, DB, there}}
