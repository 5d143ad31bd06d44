"""What goes with a release: by the version that is served, and as far as it may be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from reconciler.errors import ApiError
from reconciler.model.cluster import ClusterReader, Resource
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap
from reconciler.model.orphans import EVERY, OrphanRelease
from reconciler.observe.orphan_releases import orphan_release
from tests.plan.factories import CONFIG_MAP, config_map, live, object_id, stored

CRON, ROLE = Kind("batch/v1", "CronJob"), Kind("rbac.authorization.k8s.io/v1", "ClusterRole")
CLAIM, SETS = Kind("v1", "PersistentVolumeClaim"), Kind("apps/v1", "StatefulSet")
KINDS = {kind: Resource(kind, kind.name, namespaced=kind != ROLE) for kind in (CONFIG_MAP, CRON, ROLE, CLAIM, SETS)}
TAKER: JsonMap = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {"name": "db", "namespace": "shop", "uid": "u"},
    "spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}},
}


@dataclass
class World:
    """A cluster with these objects; what is asked of a kind may be refused."""

    held: dict[ObjectId, JsonMap]
    refused: Mapping[Kind, int] = field(default_factory=dict)
    dead: tuple[str, ...] = ()

    def resources(self) -> Mapping[Kind, Resource]:
        """What is served."""
        return KINDS

    def silent(self) -> tuple[str, ...]:
        """Servers that do not answer."""
        return self.dead

    def fetch(self, resource: Resource, namespace: str, name: str) -> JsonMap | None:
        """One object."""
        self._may(resource)
        return self.held.get(ObjectId(resource.kind, namespace, name))

    def metadata(self, resource: Resource, _home: str, _selector: str, *, exact: bool) -> Sequence[JsonMap]:
        """The claims."""
        assert exact
        self._may(resource)
        return [item for identity, item in self.held.items() if identity.kind == resource.kind]

    def _may(self, resource: Resource) -> None:
        if status := self.refused.get(resource.kind):
            raise ApiError(f"{resource.plural}: no", status=status, reason="")

    def look(self, *items: JsonMap) -> OrphanRelease:
        """At a release of these."""
        return orphan_release(stored(objects=items), cast(ClusterReader, self))


def document(api: str, kind: str, name: str = "x") -> JsonMap:
    """An object as it is stored in a release."""
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}}


@pytest.mark.parametrize(
    ("api", "kind"), [("batch/v1beta1", CRON), ("rbac.authorization.k8s.io/v1beta1", ROLE)], ids=["spaced", "global"]
)
def test_a_version_that_is_not_served_any_more(api: str, kind: Kind) -> None:
    """The object is the same in the one that is."""
    identity = ObjectId(kind, "shop" if kind == CRON else "", "x")
    item = live(document(kind.api_version, kind.name))
    found = World({identity: item}).look(document(api, kind.name))
    assert (found.objects, found.unread) == ({identity: item}, {})


def test_a_kind_that_is_gone_takes_its_objects_along() -> None:
    """Unless its server does not answer: then nobody knows."""
    widget = document("example.com/v1", "Widget")
    assert (
        World({}).look(widget)
        == World({}, dead=("other.com/v1",)).look(widget)
        == OrphanRelease(stored(objects=[widget]), {})
    )
    found = World({}, dead=("example.com/v2",)).look(widget)
    assert found.unread == {
        ObjectId(Kind("example.com/v1", "Widget"), "shop", "x"): "the server of example.com/v2 does not answer"
    }


@pytest.mark.parametrize("status", [403, 503])
def test_what_may_not_be_read_is_no_end_of_the_rest(status: int) -> None:
    """Of this release, the rest is known; whoever asks for claims may lack the right to list them."""
    item, taker = live(config_map()), {**live(TAKER), "spec": TAKER["spec"]}
    held = {object_id(): item, ObjectId(SETS, "shop", "db"): taker}
    found = World(held, {ROLE: status, CLAIM: status}).look(
        config_map(), TAKER, document("rbac.authorization.k8s.io/v1", "ClusterRole")
    )
    assert found.objects == held
    assert found.unread == {
        ObjectId(ROLE, "", "x"): "ClusterRole: no",
        ObjectId(CLAIM, "shop", EVERY): f"{CLAIM.name}: no",
    }


def test_whoever_is_not_known_sees_nothing() -> None:
    """Credentials that are refused are no missing right."""
    with pytest.raises(ApiError):
        World({}, {CONFIG_MAP: 401}).look(config_map())


def test_claims_go_with_what_is_the_releases_own() -> None:
    """A StatefulSet that others have by now stays, and so do its claims."""
    claim: JsonMap = {"metadata": {"name": "data", "ownerReferences": [{"uid": "u"}]}}
    held = {ObjectId(SETS, "shop", "db"): live(TAKER), ObjectId(CLAIM, "shop", "data"): claim}
    assert World(held).look(TAKER).claims == (claim,)
    held[ObjectId(SETS, "shop", "db")] = TAKER
    assert World(held).look(TAKER).claims == ()
