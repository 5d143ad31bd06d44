"""The order of actions."""

from __future__ import annotations

import time
from dataclasses import replace

from reconciler.model.desired import Desired, PullAccount
from reconciler.model.identity import AccountId, NamespaceId, ReleaseId, SecretId, Target
from reconciler.model.plan import Action, ActionKind
from reconciler.plan.order import in_order
from tests.plan.factories import API, WHERE, desired, namespace, release, secret

NS, DB = NamespaceId("main", "shop"), SecretId("main", "shop", "db")
WEB, CACHE = replace(API, name="web"), replace(API, name="cache")


def actions(*targets: Target) -> list[Action]:
    """Actions on these targets, in this order."""
    return [Action(ActionKind.NONE, target, "", (), frozenset(), None) for target in targets]


def ordered(wanted: Desired, *targets: Target) -> list[Target]:
    """The targets in the plan's order."""
    return [action.target for action in in_order(actions(*targets), wanted)]


def test_namespaces_then_secrets_then_releases() -> None:
    """Whatever the order in which they come."""
    wanted = desired(release(), namespaces=[namespace()], secrets=[secret()])
    assert ordered(wanted, API, DB, NS) == [NS, DB, API]


def test_what_is_needed_comes_first() -> None:
    """`needs` of releases, through several steps."""
    wanted = desired(release(API, needs=[CACHE]), release(WEB, needs=[API]), release(CACHE))
    assert ordered(wanted, WEB, API, CACHE) == [CACHE, API, WEB]


def test_equals_stay_as_in_the_file() -> None:
    """Nothing is shuffled: two plans of one input read the same."""
    wanted = desired(release(WEB), release(API), release(CACHE))
    assert ordered(wanted, WEB, API, CACHE) == [WEB, API, CACHE]


def test_needs_are_written_down() -> None:
    """An action carries what it waits for: its namespace, that namespace's secrets, and the releases that it needs."""
    elsewhere = secret("db", "other")
    wanted = desired(
        release(API, needs=[CACHE]), release(CACHE), namespaces=[namespace()], secrets=[secret(), elsewhere]
    )
    found = {action.target: action.needs for action in in_order(actions(NS, DB, elsewhere.id, API, CACHE), wanted)}
    assert found == {
        NS: frozenset(),
        DB: {NS},
        elsewhere.id: frozenset(),
        API: {NS, DB, CACHE},
        CACHE: {NS, DB},
    }


def test_what_is_not_in_the_plan_is_not_waited_for() -> None:
    """With --only, or in a namespace that is not managed, a need may have no action."""
    wanted = desired(release(API, needs=[CACHE]))
    (only,) = in_order(actions(API), wanted)
    assert only.needs == frozenset()


def test_clusters_are_apart() -> None:
    """A namespace of one cluster is no need of a release on another."""
    there = replace(API, cluster="other")
    wanted = desired(release(there), namespaces=[namespace()])
    found = {action.target: action.needs for action in in_order(actions(NS, there), wanted)}
    assert found[there] == frozenset()


def test_five_hundred_releases_are_ordered_at_once() -> None:
    """A chain of needs, with fifty secrets for each: no step of the ordering grows with the square."""
    ids = [ReleaseId("main", "shop", f"r{number}") for number in range(500)]
    secrets = [secret(f"s{number}") for number in range(50)]
    chain = [release(identity, needs=ids[max(0, at - 1) : at]) for at, identity in enumerate(ids)]
    wanted = desired(*chain, namespaces=[namespace()], secrets=secrets)
    started = time.process_time()
    found = ordered(wanted, *reversed(ids), *(item.id for item in secrets), NS)
    assert time.process_time() - started < 1
    assert found == [NS, *(item.id for item in secrets), *ids]


def test_accounts_come_between_secrets_and_releases() -> None:
    """A pod that starts before its account names the pull secret would not be given it."""
    account = AccountId("main", "shop", "default")
    wanted = desired(release(), namespaces=[namespace()], secrets=[secret()])
    wanted = replace(wanted, accounts=(PullAccount(account, ("db",), WHERE),))
    assert ordered(wanted, API, account, DB, NS) == [NS, DB, account, API]


def test_a_namespace_forgets_an_account_last() -> None:
    """Else a run that fails in between would leave an entry that nobody knows of."""
    account = AccountId("main", "shop", "default")
    assert ordered(desired(namespaces=[namespace()]), NS, account) == [account, NS]
