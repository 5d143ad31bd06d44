"""Each guard: what it refuses, what it lets pass, and what it says would allow it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.cluster import Deletion
from reconciler.model.contents import Going
from reconciler.model.desired import Desired
from reconciler.model.identity import Kind, NamespaceId, ObjectId, SecretId
from reconciler.model.json import JsonMap
from reconciler.model.orphans import OrphanNamespace, OrphanRelease, OrphanSecret
from reconciler.model.plan import DeleteObject
from reconciler.model.policy import NO_CONSENT, Consent, Policy, PrunePolicy
from reconciler.plan.guards import (
    Removals,
    deletion_budget,
    empty_desired_state,
    kept_data,
    namespace_not_empty,
    protected,
    refusals,
)
from tests.plan.factories import API, NAMESPACE, config_map, desired, live, namespace, object_id, release, stored

CLAIM = Kind("v1", "PersistentVolumeClaim")
VOLUME = Kind("v1", "PersistentVolume")
DEFINITION = Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition")
MARK = {"reconciler/protect": "true"}


def gone(count: int = 1, *, owned: int = 10, of: Desired | None = None, consent: Consent = NO_CONSENT) -> Removals:
    """So many releases that would go, of those that there are."""
    releases = [OrphanRelease(stored(replace(API, name=f"r{i}")), {}) for i in range(count)]
    return Removals(of or desired(release()), consent, owned, tuple(releases))


def with_policy(**prune: Any) -> Desired:
    """An environment of one release with a policy about pruning."""
    return replace(desired(release()), policy=Policy(prune=PrunePolicy(**prune)))


def space(*contents: JsonMap, unread: str | None = None, **metadata: Any) -> tuple[OrphanNamespace, DeleteObject]:
    """The namespace `shop`, and how it would be deleted."""
    item: JsonMap = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", **metadata}}
    found = OrphanNamespace(NamespaceId("main", "shop"), item, contents, unread)
    return found, DeleteObject(NAMESPACE, Deletion("", "shop", "u"), Going("main"))


@pytest.mark.parametrize(
    ("found", "refuses"),
    [
        (gone(of=desired()), True),
        (gone(of=desired(), consent=Consent(deletions=0)), True),
        (gone(of=desired(), consent=Consent(deletions=1)), False),
        (gone(0, of=desired()), False),
        (gone(), False),
        (gone(of=desired(namespaces=[namespace()])), False),
    ],
)
def test_an_empty_desired_state(found: Removals, refuses: bool) -> None:  # noqa: FBT001 - a table
    """Only a flag that says how much goes lets it pass."""
    said = list(empty_desired_state(found))
    assert bool(said) is refuses
    assert all("--allow-deletions 1" in str(item.hint) for item in said)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (gone(5), None),
        (gone(6), "6 of 10 releases, secrets and namespaces would be removed; policy.prune.maxShare allows 50%"),
        (
            gone(11, owned=100),
            "11 of 100 releases, secrets and namespaces would be removed; policy.prune.maxCount allows 10",
        ),
        (gone(6, consent=Consent(deletions=6)), None),
        (gone(6, consent=Consent(deletions=5)), "--allow-deletions allows 5"),
        (gone(1, consent=Consent(deletions=0)), "--allow-deletions allows 0"),
        (gone(0, owned=0), None),
        (gone(3, owned=0), "maxShare"),
        (gone(3, of=with_policy(max_count=2)), "maxCount allows 2"),
        (gone(10, of=with_policy(max_share=1.0)), None),
        (gone(of=desired()), None),
    ],
)
def test_the_budget_of_deletions(found: Removals, says: str | None) -> None:
    """By count and by share; a flag that says how many takes the place of both."""
    said = [item.message for item in deletion_budget(found)]
    assert len(said) == (says is not None)
    assert all(says in message for message in said if says)


def test_what_the_policy_protects() -> None:
    """A target, or an object that would go with it."""
    item = OrphanRelease(stored(), {object_id(): live(config_map())})
    found = Removals(with_policy(protect=("release/shop/*",)), NO_CONSENT, 10, (item,))
    assert [refusal.message for refusal in protected(found)] == [
        "release shop/api is protected by policy.prune.protect",
    ]
    found = replace(found, desired=with_policy(protect=("configmap/shop/api",)))
    assert [refusal.message for refusal in protected(found)] == [
        "ConfigMap shop/api is protected by policy.prune.protect, and would go with release shop/api"
    ]


@pytest.mark.parametrize(
    "found",
    [
        Removals(desired(), NO_CONSENT, 9, (OrphanRelease(stored(labels=MARK), {}),)),
        Removals(desired(), NO_CONSENT, 9, (OrphanRelease(stored(), {object_id(): {"metadata": {"labels": MARK}}}),)),
        Removals(
            desired(),
            NO_CONSENT,
            9,
            (),
            (OrphanSecret(SecretId("main", "shop", "db"), {"metadata": {"annotations": MARK}}),),
        ),
        Removals(desired(), NO_CONSENT, 9, (), (), (space(annotations=MARK),)),
    ],
)
def test_what_a_mark_protects(found: Removals) -> None:
    """As a label or an annotation, on whatever would go."""
    (refusal,) = protected(found)
    assert "its mark reconciler/protect" in refusal.message
    assert "put it back" in str(refusal.hint)


@pytest.mark.parametrize("kind", [CLAIM, VOLUME, DEFINITION, NAMESPACE])
def test_data_in_a_release(kind: Kind) -> None:
    """It goes only when it is named; what has been taken over by others does not go anyway."""
    identity = ObjectId(kind, "", "data")
    item = {**live({"metadata": {"name": "data"}}), "kind": kind.name}
    found = Removals(desired(), NO_CONSENT, 9, (OrphanRelease(stored(), {identity: item}),))
    (refusal,) = kept_data(found)
    named = f"{kind.name.lower()}/data"
    assert named in str(refusal.hint)
    assert not list(kept_data(replace(found, desired=with_policy(delete=(named,)))))
    taken = replace(found, releases=(OrphanRelease(stored(), {identity: {"metadata": {"name": "data"}}}),))
    assert not list(kept_data(taken))


def test_claims_that_go_with_a_stateful_set() -> None:
    """They are in no manifest."""
    claim: JsonMap = {"apiVersion": "v1", "kind": CLAIM.name, "metadata": {"namespace": "shop", "name": "data-0"}}
    found = Removals(desired(), NO_CONSENT, 9, (OrphanRelease(stored(), {}, (claim,)),))
    (refusal,) = kept_data(found)
    assert refusal.message.startswith("with release shop/api, PersistentVolumeClaim shop/data-0 would be deleted")


def test_a_namespace_with_something_of_others() -> None:
    """The first few are named; an empty one passes; an unreadable one does not."""
    others: list[JsonMap] = [
        {"kind": "ConfigMap", "metadata": {"namespace": "shop", "name": f"c{i}", "uid": str(i)}} for i in range(5)
    ]
    (refusal,) = namespace_not_empty(Removals(desired(), NO_CONSENT, 9, (), (), (space(*others),)))
    assert refusal.message.endswith("ConfigMap shop/c0, ConfigMap shop/c1, ConfigMap shop/c2 and 2 more")
    assert not list(namespace_not_empty(Removals(desired(), NO_CONSENT, 9, (), (), (space(),))))
    (unread,) = namespace_not_empty(Removals(desired(), NO_CONSENT, 9, (), (), (space(unread="pods: forbidden"),)))
    assert "pods: forbidden" in unread.message


def test_nothing_to_remove_is_never_refused() -> None:
    """Whatever the policy says."""
    assert not list(refusals(Removals(with_policy(max_count=0, max_share=0.0, protect=("*",)), NO_CONSENT, 0)))
