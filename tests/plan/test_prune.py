"""Orphans → what removes them, and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.model.identity import AccountId, NamespaceId, SecretId, Target
from reconciler.model.json import JsonMap
from reconciler.model.lease import NO_HOLD, Hold
from reconciler.model.observed import ReleaseStatus
from reconciler.model.orphans import OrphanNamespace, OrphanRelease, Orphans, OrphanSecret
from reconciler.model.plan import (
    Action,
    ActionKind,
    ApplyObjects,
    AttachPullSecrets,
    DeleteObject,
    Plan,
    UninstallRelease,
)
from reconciler.model.policy import Leave, Policy, PrunePolicy, Risk
from reconciler.plan.prune import Pruner
from reconciler.plan.removals import orphan_targets, with_removals
from tests.plan.factories import API, NOW, config_map, desired, live, object_id, release, stored

OLD, NEW = replace(API, name="old"), replace(API, name="new")
SHOP, DB = NamespaceId("main", "shop"), SecretId("main", "shop", "db")


def orphan(identity: Any = OLD, days: int = 1, **others: Any) -> OrphanRelease:
    """A release that was installed so many days ago, with one ConfigMap."""
    found = {object_id(identity.name): live(config_map(identity.name), identity)}
    return OrphanRelease(stored(identity, installed=NOW - timedelta(days=days), **others), found)


def item(name: str, namespace: str = "", **metadata: Any) -> JsonMap:
    """The metadata of an object."""
    return {"metadata": {"name": name, "namespace": namespace, "uid": "u", "resourceVersion": "7", **metadata}}


def claim_of(name: str) -> JsonMap:
    """The metadata of a claim."""
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **item(name, "shop")}


def pruner(*releases: OrphanRelease, hold: Hold = NO_HOLD, policy: Policy | None = None, **others: Any) -> Pruner:
    """What is decided of these, beside ten that are desired."""
    wanted = replace(desired(release()), policy=policy or Policy(), left_alone=others.pop("left_alone", frozenset()))
    return Pruner(wanted, (Orphans("main", 10, releases, **others),), NOW, hold)


def everything() -> Pruner:
    """Two releases, a secret, and the namespace of all three."""
    secrets = (OrphanSecret(DB, item("db", "shop")),)
    return pruner(orphan(OLD, 9), orphan(NEW, 2), secrets=secrets, namespaces=(OrphanNamespace(SHOP, item("shop")),))


def test_the_newest_release_goes_first_and_the_namespace_last() -> None:
    """Each after what has to go before it."""
    actions = everything().actions()
    assert [(action.kind, action.target) for action in actions] == [
        (ActionKind.UNINSTALL, NEW),
        (ActionKind.UNINSTALL, OLD),
        (ActionKind.DELETE, DB),
        (ActionKind.DELETE, SHOP),
    ]
    assert [action.needs for action in actions] == [frozenset(), {NEW}, {NEW, OLD}, {NEW, OLD, DB}]


def test_what_is_done() -> None:
    """Only to what was seen: by revision, by uid and version; and what may be in the namespace then."""
    new, _, db, shop = (action.work for action in everything().actions())
    assert new == UninstallRelease("staging", 1, None)
    assert isinstance(db, DeleteObject)
    assert (db.deletion.namespace, db.deletion.name, db.deletion.uid, db.deletion.version) == ("shop", "db", "u", "7")
    assert isinstance(shop, DeleteObject)
    assert shop.going is not None
    assert shop.going.releases == {("shop", "old"), ("shop", "new")}
    assert shop.going.secrets == {"db"}


def test_removal_comes_after_all_else_that_is_done() -> None:
    """What has nothing to do is in place already."""
    first: list[Target] = [replace(API, name="changes"), replace(API, name="blocked")]
    kinds = (ActionKind.UPGRADE, ActionKind.BLOCKED)
    plan = Plan(
        "staging",
        (
            *(Action(kind, target, "", (), frozenset(), None) for kind, target in zip(kinds, first, strict=True)),
            Action(ActionKind.NONE, API, "", (), frozenset(), None),
        ),
    )
    made = with_removals(plan, pruner(orphan()))
    assert made.actions[-1].needs == set(first)


@pytest.mark.parametrize(
    ("status", "age", "hold", "kind"),
    [
        (ReleaseStatus.PENDING_UPGRADE, timedelta(minutes=1), NO_HOLD, ActionKind.BLOCKED),
        (ReleaseStatus.UNINSTALLING, timedelta(minutes=1), NO_HOLD, ActionKind.BLOCKED),
        (ReleaseStatus.UNINSTALLING, timedelta(days=1), NO_HOLD, ActionKind.UNINSTALL),
        (ReleaseStatus.UNINSTALLING, timedelta(minutes=1), Hold(everyone=True), ActionKind.UNINSTALL),
        (ReleaseStatus.FAILED, timedelta(minutes=1), NO_HOLD, ActionKind.UNINSTALL),
        (ReleaseStatus.UNINSTALLED, timedelta(minutes=1), NO_HOLD, ActionKind.UNINSTALL),
    ],
)
def test_a_release_that_somebody_may_be_at_work_on(
    status: ReleaseStatus, age: timedelta, hold: Hold, kind: ActionKind
) -> None:
    """It is left to whoever that is, until he is known to be dead."""
    (action,) = pruner(orphan(status=status, age=age), hold=hold).actions()
    assert action.kind is kind


def test_a_removal_of_ours_that_died_is_known_by_its_mark() -> None:
    """Once the lock is had; before that, it is left open."""
    labels = {"reconciler/environment": "staging", "reconciler/begun-by": "r1.3"}
    left = orphan(status=ReleaseStatus.UNINSTALLING, age=timedelta(0), labels=labels, revision=3)
    (open_,) = pruner(left).actions()
    (certain,) = pruner(left, hold=Hold(frozenset({"main"}))).actions()
    assert open_.reason.endswith("revision 3 is uninstalling by run r1, whose lock is waited for")
    assert certain.reason.endswith("revision 3 is uninstalling by run r1 that ended")
    other = orphan(status=ReleaseStatus.UNINSTALLING, age=timedelta(0), labels=labels, revision=4)
    assert pruner(other).actions()[0].kind is ActionKind.BLOCKED


def test_a_manifest_that_cannot_be_read_blocks() -> None:
    """What goes with it is not known."""
    (action,) = pruner(orphan(is_readable=False)).actions()
    assert (action.kind, action.work) == (ActionKind.BLOCKED, None)


def test_what_cannot_be_read_blocks_its_own_removal() -> None:
    """What would go is not known; all else goes on, but for what comes after it."""
    hidden = replace(orphan(NEW), unread={object_id("new"): "forbidden"})
    secrets = (OrphanSecret(DB, {}, "forbidden"),)
    made = pruner(orphan(OLD, 9), hidden, secrets=secrets, namespaces=(OrphanNamespace(SHOP, {}, (), "forbidden"),))
    kinds = {action.target: (action.kind, action.reason) for action in made.actions()}
    blocked = ActionKind.BLOCKED
    assert kinds == {
        NEW: (blocked, "the file no longer has it, but ConfigMap shop/new cannot be read: forbidden"),
        OLD: (ActionKind.UNINSTALL, "the file no longer has it"),
        DB: (blocked, "the file no longer has it, but it cannot be read: forbidden"),
        SHOP: (blocked, "the file no longer has it, but it cannot be read: forbidden"),
    }
    assert with_removals(Plan("staging", ()), made).refusals == ()
    assert {action.target: action.needs for action in made.actions()}[OLD] == {NEW}


@pytest.mark.parametrize(("name", "left_alone"), [("shop", True), ("default", False), ("shop", False)])
def test_a_namespace_that_cannot_be_read_is_no_removal(name: str, left_alone: bool) -> None:  # noqa: FBT001 - a table
    """So no guard speaks of it: what the server does not tell for a moment must not refuse the whole plan."""
    identity = NamespaceId("main", name)
    prune = PrunePolicy(max_count=0, protect=(f"namespace/{name}", "release/*", "secret/*"))
    found = pruner(
        replace(orphan(), unread={object_id("old"): "overloaded"}),
        secrets=(OrphanSecret(DB, {}, "overloaded"),),
        namespaces=(OrphanNamespace(identity, {}, (), "overloaded"),),
        left_alone=frozenset({identity}) if left_alone else frozenset[NamespaceId](),
        policy=Policy(prune=prune),
    )
    made = with_removals(Plan("staging", ()), found)
    assert ([action.kind for action in made.actions], made.refusals) == ([ActionKind.BLOCKED] * 3, ())
    assert {item.id for item in found.given_up} == ({identity} if left_alone or name == "default" else set())


def test_what_goes_along_is_shown_and_pinned() -> None:
    """Claims behind a StatefulSet, and what of a namespace only the policy lets go; each in its version."""
    claim, other = claim_of("data-0"), claim_of("cache")
    policy = Policy(prune=PrunePolicy(delete=("persistentvolumeclaim/shop/*",)))
    found = pruner(
        replace(orphan(), claims=(claim,)),
        namespaces=(OrphanNamespace(SHOP, item("shop"), (other,)),),
        policy=policy,
    )
    uninstall, delete = found.actions()
    assert [str(change.id) for change in uninstall.changes] == [
        "ConfigMap shop/old",
        "PersistentVolumeClaim shop/data-0",
    ]
    assert [str(change.id) for change in delete.changes] == ["Namespace shop", "PersistentVolumeClaim shop/cache"]
    versions = [action.changes[-1].version for action in (uninstall, delete)]
    assert [version and (version.resource_version, version.content) for version in versions] == [("7", None)] * 2
    assert with_removals(Plan("staging", ()), found).refusals == ()


def test_what_was_taken_over_or_is_kept_is_no_change() -> None:
    """It is told beside the plan, since it stays."""
    taken = replace(orphan(), objects={object_id("old"): config_map("old")})
    kept_item = live(
        {**config_map("old"), "metadata": {"name": "old", "annotations": {"helm.sh/resource-policy": "keep"}}}, OLD
    )
    kept = replace(orphan(), objects={object_id("old"): kept_item})
    for found in (taken, kept):
        made = with_removals(Plan("staging", ()), pruner(found))
        assert made.actions[0].changes == ()
        assert [check.subject for check in made.warnings] == ["ConfigMap shop/old"]


@pytest.mark.parametrize(
    ("name", "annotations", "left_alone"),
    [("shop", {"reconciler/adopted": "true"}, False), ("default", {}, False), ("shop", {}, True)],
)
def test_namespaces_that_are_given_up(name: str, annotations: dict[str, str], left_alone: bool) -> None:  # noqa: FBT001 - a table
    """Our marks go, after the pull secrets that were attached; the namespace stays and needs no leave."""
    identity, account = NamespaceId("main", name), AccountId("main", name, "default")
    marks = {"reconciler/environment": "staging", "app.kubernetes.io/managed-by": "reconciler", "team": "a"}
    fields: JsonMap = {"f:metadata": {"f:labels": {f"f:{key}": {} for key in marks}}}
    metadata = item(
        name, labels=marks, annotations=annotations, managedFields=[{"manager": "reconciler", "fieldsV1": fields}]
    )
    found = OrphanNamespace(identity, metadata, ({"kind": "ConfigMap", "metadata": {"name": "x"}},), None, (account,))
    chosen = frozenset({identity}) if left_alone else frozenset[NamespaceId]()
    made = with_removals(Plan("staging", ()), pruner(namespaces=(found,), left_alone=chosen))
    detach, give_up = made.actions
    assert detach.work == AttachPullSecrets(account, "staging", ())
    assert (give_up.kind, made.refusals) == (ActionKind.UPDATE, ())
    assert give_up.needs == {account}
    assert isinstance(give_up.work, ApplyObjects)
    ((_, sent),) = give_up.work.items
    assert sent["metadata"] == {"name": name, "labels": {"team": "a"}, "annotations": {}}
    assert {field.path for change in give_up.changes for field in change.fields} >= {
        "metadata.labels.reconciler/environment"
    }


def test_without_pruning_everything_stays_and_is_told() -> None:
    """And gaps are told with it or without."""
    off = Policy(prune=PrunePolicy(enabled=False))
    made = with_removals(Plan("staging", ()), pruner(orphan(), policy=off, gaps=("secrets: forbidden",)))
    assert (made.actions, made.refusals) == ((), ())
    assert [check.subject for check in made.warnings] == ["pruning", "release shop/old"]


def test_data_that_the_policy_never_deletes() -> None:
    """Else the guards of pruning are leave enough: the label is only shown."""
    namespaces = (OrphanNamespace(SHOP, item("shop")),)
    (shown,) = with_removals(Plan("staging", ()), pruner(namespaces=namespaces)).actions
    assert [(label.risk, label.leave) for label in shown.risks] == [(Risk.DELETES_DATA, Leave.ALLOW)]
    never = Policy(risks={Risk.DELETES_DATA: Leave.NEVER})
    refused = with_removals(Plan("staging", ()), pruner(namespaces=namespaces, policy=never))
    assert [refusal.guard for refusal in refused.refusals] == [Risk.DELETES_DATA]


def test_all_orphans_are_told() -> None:
    """For the status."""
    assert list(orphan_targets(everything())) == [NEW, OLD, DB, SHOP]


def test_a_second_look_that_finds_the_same() -> None:
    """By what was found, and by what is decided of it."""
    assert everything().is_as(everything())
    assert not everything().is_as(pruner())
