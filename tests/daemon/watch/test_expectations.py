"""A look at an environment → what is watched, and what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.daemon.looked import EVERYTHING, Looked
from reconciler.daemon.watch.expectations import expectations
from reconciler.daemon.watch.expected import Expectations, Source
from reconciler.model.cluster import Resource
from reconciler.model.desired import Desired, PullAccount
from reconciler.model.identity import AccountId, Kind, NamespaceId, ObjectId, ReleaseId, SecretId
from reconciler.model.json import Json, JsonMap, as_map
from reconciler.model.observed import Observed
from reconciler.plan.accounts import classify_accounts
from reconciler.plan.own import classify_own
from tests.plan.factories import (
    API,
    CONFIG_MAP,
    NAMESPACE,
    RESOURCES,
    SECRET,
    WHERE,
    config_map,
    desired,
    live,
    namespace,
    observed,
    release,
    secret,
    stored,
)

JOB, ROLE, METRICS = (
    Kind("batch/v1", "Job"),
    Kind("rbac.authorization.k8s.io/v1", "ClusterRole"),
    Kind("m/v1", "Metric"),
)
SERVED = {
    **RESOURCES,
    Kind("v1", "ServiceAccount"): Resource(Kind("v1", "ServiceAccount"), "serviceaccounts", namespaced=True),
    JOB: Resource(JOB, "jobs", namespaced=True),
    ROLE: Resource(ROLE, "clusterroles", namespaced=False),
    METRICS: Resource(METRICS, "metrics", namespaced=True, is_removable=False),
}


def expect(wanted: Desired, found: Observed) -> Expectations:
    """From a cluster that serves these kinds."""
    cluster = replace(found.clusters["main"], resources=SERVED)
    seen = replace(found, clusters={"main": cluster})
    return expectations(wanted, seen, (*classify_own(wanted, seen), *classify_accounts(wanted, seen)))


def thing(kind: Kind, **more: Any) -> JsonMap:
    """An object as a chart renders it."""
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": "it"}, **more}


def watched(found: Expectations) -> Mapping[tuple[str, str, bool], set[str]]:
    """Kind, selector and whether all of it is wanted → namespaces."""
    return {_shown(source): set(names) for source, names in found.sources.items()}


def _shown(source: Source) -> tuple[str, str, bool]:
    return source.resource.plural, source.selector, source.whole


HELM, OURS = "app.kubernetes.io/managed-by=Helm", "app.kubernetes.io/managed-by=reconciler"
RECORDS = ("secrets", "owner=helm,status!=superseded", False)


def test_what_is_watched_for_a_release() -> None:
    """Each kind of its manifest where its objects are, and Helm's records of it; not what no cluster keeps."""
    objects = [config_map(text="a"), thing(JOB), thing(ROLE), thing(METRICS), thing(Kind("x/v1", "Unknown"))]
    found = expect(desired(release()), observed(stored(objects=objects)))
    assert watched(found) == {
        RECORDS: {"shop"},
        ("configmaps", HELM, True): {"shop"},
        ("jobs", HELM, True): {"shop"},
        ("clusterroles", HELM, True): {""},
    }


def test_a_release_that_is_not_installed() -> None:
    """It is watched for."""
    assert watched(expect(desired(release()), observed())) == {RECORDS: {"shop"}}


def test_a_release_that_is_not_in_the_file() -> None:
    """Nobody asked for it."""
    assert watched(expect(desired(), observed(stored(objects=[config_map()])))) == {}


def test_one_watch_for_all_releases() -> None:
    """However many releases have objects of a kind."""
    other = ReleaseId("main", "shop", "web")
    found = expect(
        desired(release(), release(other)),
        observed(stored(objects=[config_map()]), stored(other, objects=[config_map("web")])),
    )
    assert len(found.sources) == 2
    assert len(found.objects) == 4


def test_what_an_environment_keeps_itself() -> None:
    """Its namespaces and secrets have to hold what the file says."""
    home, login = NamespaceId("main", "shop"), SecretId("main", "shop", "db")
    held: JsonMap = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "resourceVersion": "7"}}
    found = expect(desired(namespaces=[namespace()], secrets=[secret()]), observed(namespaces={home: held}))
    assert watched(found) == {("namespaces", OURS, True): {""}, ("secrets", OURS, True): {"shop"}}
    by_id = {identity: item for (_, identity), item in found.objects.items()}
    kept, missing = by_id[ObjectId(NAMESPACE, "", "shop")], by_id[ObjectId(SECRET, "shop", "db")]
    assert (kept.target, kept.settled.order if kept.settled else None) == (home, 7)
    assert (missing.target, missing.settled) == (login, None)
    assert kept.settled
    assert kept.lacking
    marks = {"app.kubernetes.io/managed-by": "reconciler", "reconciler/environment": "staging"}
    good: JsonMap = {**held, "metadata": {"labels": marks, "annotations": {"reconciler/adopted": "true"}}}
    assert not kept.now(kept.settled, {**good, "metadata": {"name": "shop", **as_map(good["metadata"])}}).lacking


def test_a_look_at_a_part() -> None:
    """What is expected of the rest stays, with all that is watched for it; of the part it is as the look says."""
    web = ReleaseId("main", "shop", "web")
    wanted = desired(release(), release(web))
    both = expect(
        wanted, observed(stored(objects=[config_map()]), stored(web, objects=[config_map("web"), thing(JOB)]))
    )
    part = expect(desired(release()), observed(stored(objects=[config_map("new"), thing(ROLE)])))
    merged = part.after(both, Looked(targets=frozenset({API})))
    found = {
        (item.target.name, key.name) for (_, key), item in merged.objects.items() if isinstance(item.target, ReleaseId)
    }
    assert found == {("api", "api"), ("api", "new"), ("api", "it"), ("web", "web"), ("web", "it")}
    assert watched(merged) == {**watched(both), **watched(part)}
    assert watched(part.after(both, EVERYTHING)) == watched(part)


def test_what_may_go() -> None:
    """A Job that the cluster removes when it is finished; no other object."""
    objects = [thing(JOB, spec={"ttlSecondsAfterFinished": 1}), config_map()]
    found = expect(desired(release()), observed(stored(objects=objects)))
    assert {identity.kind: item.may_go for (_, identity), item in found.objects.items()} == {
        Kind("helm.sh/v1", "Release"): False,
        JOB: True,
        CONFIG_MAP: False,
    }


def test_where_the_file_names_a_cluster_makes_no_difference() -> None:
    """A line more in the file must not begin all watches anew."""
    wanted, found = desired(release()), observed(stored(objects=[config_map()]))
    access = wanted.clusters["main"]
    moved = replace(wanted, clusters={"main": replace(access, where=replace(access.where, line=99))})
    assert expect(wanted, found).sources == expect(moved, found).sources


def test_secrets_are_not_shown() -> None:
    """Neither what objects have to hold, nor a digest of what they hold."""
    item = thing(SECRET, data={"password": "aHVudGVyMg=="})
    found = expect(
        desired(release()), observed(stored(objects=[item]), objects=[live({**item, "metadata": {"name": "it"}})])
    )
    (expected,) = (item for (_, identity), item in found.objects.items() if identity.name == "it")
    assert expected.settled
    assert expected.settled.content not in repr(found) + repr(expected)
    assert expected.target == API


ACCOUNT = Kind("v1", "ServiceAccount")


def pulling(*names: str) -> JsonMap:
    """A live ServiceAccount with these pull secrets."""
    entries: list[Json] = [{"name": name} for name in names]
    metadata: JsonMap = {"name": "default", "namespace": "shop", "resourceVersion": "7"}
    if names:
        metadata = {**metadata, "annotations": {"pull-secrets.reconciler/staging": "registry"}}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, "imagePullSecrets": entries}


def test_accounts_with_pull_secrets() -> None:
    """They are somebody else's, without a label of ours; one that comes later or lacks a secret is drift."""
    account = AccountId("main", "shop", "default")
    wanted = replace(desired(), accounts=(PullAccount(account, ("registry",), WHERE),))
    seen = observed()
    cluster = replace(seen.clusters["main"], accounts={account: pulling("registry")})
    found = expect(wanted, replace(seen, clusters={"main": cluster}))
    assert watched(found) == {("serviceaccounts", "", True): {"shop"}}
    ((_, identity),) = found.objects
    (expected,) = found.objects.values()
    assert (identity, expected.target, expected.lacking) == (ObjectId(ACCOUNT, "shop", "default"), account, "")
    assert expected.settled
    assert expected.now(expected.settled, pulling()).lacking
    (missing,) = expect(wanted, seen).objects.values()
    assert missing.settled is None
