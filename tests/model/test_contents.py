"""What in a namespace somebody might miss, and what goes with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.cluster import Resource
from reconciler.model.contents import Going, claims_of, foreign, named_alone, removable_kinds, takes_claims
from reconciler.model.identity import Kind
from reconciler.model.json import JsonMap
from reconciler.model.manifest import id_of

GOING = Going(
    "main",
    releases=frozenset({("shop", "api")}),
    hooks=frozenset({("Job", "migrate")}),
    secrets=frozenset({"db"}),
    named=("persistentvolumeclaim/shop/named",),
)
OF_API = {"meta.helm.sh/release-name": "api", "meta.helm.sh/release-namespace": "shop"}
OF_WEB = {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}


def item(kind: str = "ConfigMap", name: str = "x", api: str = "v1", **metadata: Any) -> JsonMap:
    """The metadata of an object in the namespace `shop`."""
    made: dict[str, Any] = {"name": name, "namespace": "shop", "uid": f"{kind}/{name}", **metadata}
    return {"apiVersion": api, "kind": kind, "metadata": made}


def owned_by(*owners: str) -> list[dict[str, str]]:
    """References to `Kind/name`."""
    return [{"kind": owner.partition("/")[0], "uid": owner} for owner in owners]


def left(*items: JsonMap) -> list[str]:
    """What stays, by name."""
    return [id_of(found).name for found in foreign(items, GOING)]


@pytest.mark.parametrize(
    "found",
    [
        item(annotations=OF_API),
        item("Secret", "db"),
        item("Secret", "sh.helm.release.v1.api.v3", labels={"owner": "helm", "name": "api"}),
        item("Job", "migrate", "batch/v1", annotations={"helm.sh/hook": "pre-install"}),
        item("ServiceAccount", "default"),
        item(name="kube-root-ca.crt"),
        item("Event"),
        item("Event", api="events.k8s.io/v1"),
        item("Lease", api="coordination.k8s.io/v1"),
        item("EndpointSlice", api="discovery.k8s.io/v1"),
        item(deletionTimestamp="2026-01-02T12:00:00Z"),
        item("PersistentVolumeClaim", "named"),
    ],
    ids=lambda found: f"{found['kind']}/{found['metadata']['name']}",
)
def test_what_goes_with_it(found: JsonMap) -> None:
    """Our own, Kubernetes' own, what is going, and what is named."""
    assert left(found) == []


@pytest.mark.parametrize(
    "found",
    [
        item(),
        item(annotations=OF_WEB),
        item(annotations={**OF_API, "helm.sh/resource-policy": "keep"}),
        item("PersistentVolumeClaim", annotations=OF_API),
        item("Secret", "other"),
        item("Secret", "sh.helm.release.v1.web.v1", labels={"owner": "helm", "name": "web"}),
        item("Job", "other", "batch/v1", annotations={"helm.sh/hook": "pre-install"}),
        item("Lease", api="coordination.k8s.io/v1", labels={"reconciler/environment": "other"}),
        item("ServiceAccount", "worker"),
        item("Pod", ownerReferences=owned_by("Widget/of-the-cluster")),
    ],
    ids=lambda found: f"{found['kind']}/{found['metadata']['name']}",
)
def test_what_somebody_might_miss(found: JsonMap) -> None:
    """Whatever is none of these."""
    assert len(left(found)) == 1


def test_what_is_owned_goes_with_its_owner() -> None:
    """Through several steps; what has another owner too stays; of what stays, the owner is told."""
    ours = [item("Deployment", "api", "apps/v1", annotations=OF_API)]
    ours.append(item("ReplicaSet", "set", "apps/v1", ownerReferences=owned_by("Deployment/api")))
    ours.append(item("Pod", "pod", ownerReferences=owned_by("ReplicaSet/set")))
    assert left(*ours) == []
    assert left(*ours, item("Pod", "both", ownerReferences=owned_by("ReplicaSet/set", "X/y"))) == ["both"]
    theirs = [item("Deployment", "web", "apps/v1"), item("Pod", "p", ownerReferences=owned_by("Deployment/web"))]
    assert left(*theirs) == ["web"]


def test_claims_go_with_a_pod_and_with_nothing_else() -> None:
    """An ephemeral volume is the pod's own; a StatefulSet's claim holds data."""
    owner = item("Pod", "p", deletionTimestamp="t")
    assert left(owner, item("PersistentVolumeClaim", "tmp", ownerReferences=owned_by("Pod/p"))) == []
    taker = item("StatefulSet", "s", "apps/v1", annotations=OF_API)
    claim = item("PersistentVolumeClaim", "data", ownerReferences=owned_by("StatefulSet/s"))
    assert left(taker, claim) == ["data"]
    assert claims_of([claim], [taker]) == (claim,)


def test_what_goes_only_since_it_is_named() -> None:
    """Nothing that would go anyway; what it owns goes with it, and only claims are told beside it."""
    owner = item("StatefulSet", "named", "apps/v1")
    held = [item("Pod", "named", ownerReferences=owned_by("StatefulSet/named"))]
    held += [item("PersistentVolumeClaim", "named", ownerReferences=owned_by("StatefulSet/named"))]
    others = [item("Secret", "db"), item("ConfigMap", "named", annotations=OF_API), item("ConfigMap", "other")]
    going = replace(GOING, named=("*/shop/named", "secret/shop/db"))
    assert named_alone([owner, *held, *others], going) == (owner, held[1])
    assert named_alone([owner, *held, *others], replace(GOING, named=())) == ()


def test_the_token_of_an_account_goes_with_it() -> None:
    """It has no owner reference."""
    token = item("Secret", "token", annotations={"kubernetes.io/service-account.name": "worker"})
    assert left(token, item("ServiceAccount", "worker")) == ["token", "worker"]
    assert left(token, item("ServiceAccount", "worker", annotations=OF_API)) == []


@pytest.mark.parametrize(("when", "takes"), [("Delete", True), ("Retain", False), (None, False)])
def test_stateful_sets_that_take_their_claims(when: str | None, takes: bool) -> None:  # noqa: FBT001 - a table
    """Only where they say so."""
    spec = {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": when}} if when else {}
    assert takes_claims({"kind": "StatefulSet", "spec": spec}) is takes
    assert not takes_claims({"kind": "Deployment", "spec": spec})


def test_each_kind_is_looked_at_once() -> None:
    """In one of its versions; what the server works out when asked is stored nowhere."""
    found = [
        Resource(Kind("batch/v1", "CronJob"), "cronjobs", namespaced=True),
        Resource(Kind("batch/v1beta1", "CronJob"), "cronjobs", namespaced=True),
        Resource(Kind("v1", "Node"), "nodes", namespaced=False),
        Resource(Kind("metrics.k8s.io/v1", "PodMetrics"), "pods", namespaced=True, is_removable=False),
    ]
    assert [item.plural for item in removable_kinds({item.kind: item for item in found})] == ["cronjobs"]
