"""What is removed is looked at once more: it stays when it is not as it was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from reconciler.apply import removal
from reconciler.apply.removal import delete, going
from reconciler.errors import ClusterError
from reconciler.model.cluster import ClusterWriter, Deletion, Resource
from reconciler.model.contents import Going
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, as_map
from reconciler.model.observed import StoredRelease
from reconciler.model.plan import DeleteObject, UninstallRelease
from tests.plan.factories import API, CONFIG_MAP, NAMESPACE, RESOURCES, config_map, live, object_id, stored

WORK = UninstallRelease("staging", 3, None)
OWNED = [{"kind": "ReplicaSet", "uid": "gone"}]


@dataclass
class World:
    """A cluster by the interfaces of the model; `contents` is what its namespace holds at each look."""

    stored: tuple[StoredRelease, ...] = ()
    objects: dict[ObjectId, JsonMap] = field(default_factory=dict)
    contents: list[list[JsonMap]] = field(default_factory=list)
    dead: tuple[str, ...] = ()
    kinds: Mapping[Kind, Resource] = field(default_factory=lambda: {CONFIG_MAP: RESOURCES[CONFIG_MAP]})
    name: str = "main"
    done: list[Any] = field(default_factory=list)

    def releases(self, _namespace: str) -> Sequence[StoredRelease]:
        """The stored ones."""
        return self.stored

    def resources(self) -> Mapping[Kind, Resource]:
        """What is served."""
        return self.kinds

    def silent(self) -> tuple[str, ...]:
        """Servers that do not answer."""
        return self.dead

    def fetch(self, resource: Resource, namespace: str, name: str) -> JsonMap | None:
        """A live object."""
        return self.objects.get(ObjectId(resource.kind, namespace, name))

    def metadata(self, _resource: Resource, _namespace: str, _selector: str, *, exact: bool) -> Sequence[JsonMap]:
        """The next look; the last one stays."""
        assert exact
        return self.contents.pop(0) if len(self.contents) > 1 else self.contents[0]

    def mark_removed(
        self, _release: ReleaseId, revision: int, run: str | None, rewritten: Mapping[ObjectId, Kind | None]
    ) -> None:
        """A mark."""
        self.done.append((revision, run, dict(rewritten)))

    def delete(self, _resource: Resource, deletion: Deletion) -> None:
        """A deletion."""
        self.done.append(deletion)

    def going(self, run: str | None = "r1") -> Mapping[ObjectId, str] | None:
        """What goes with the release."""
        return going(cast(ClusterWriter, self), API, WORK, run)

    def delete_namespace(self) -> None:
        """Delete it."""
        work = DeleteObject(NAMESPACE, Deletion("", "shop", "u"), Going("main"))
        delete(cast(ClusterWriter, self), RESOURCES[NAMESPACE], work)


def _own(name: str) -> JsonMap:
    item = live(config_map(name))
    return {**item, "metadata": {**as_map(item["metadata"]), "uid": f"u-{name}"}}


def test_a_release_as_it_was_seen_is_marked() -> None:
    """With the run, where it holds a lock."""
    world = World((stored(revision=3, objects=[config_map()]),), {object_id(): _own("api")})
    assert world.going() == {object_id(): "u-api"}
    assert world.done == [(3, "r1", {})]
    assert world.going(run=None) == {object_id(): "u-api"}
    assert len(world.done) == 1


def test_one_that_is_gone_needs_nothing() -> None:
    """Somebody else was quicker."""
    world = World()
    assert world.going() is None
    assert world.done == []


@pytest.mark.parametrize(
    "found",
    [stored(revision=4), stored(revision=3, labels={"reconciler/environment": "other"}), stored(revision=3, labels={})],
)
def test_one_that_was_written_to_since_stays(found: StoredRelease) -> None:
    """Another revision, or another environment's."""
    world = World((found,))
    with pytest.raises(ClusterError, match=r"release shop/api was changed since it was looked at; it stays"):
        world.going()
    assert world.done == []


def test_what_is_not_its_own_is_left_out_of_its_manifest() -> None:
    """Taken over, marked to be kept, or of a kind that is not served; what is gone already is no matter."""
    widget: JsonMap = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    names = ("own", "taken", "kept", "gone")
    kept = {**config_map("kept"), "metadata": {"name": "kept", "annotations": {"helm.sh/resource-policy": "keep"}}}
    objects = {
        object_id("own"): _own("own"),
        object_id("taken"): config_map("taken"),
        object_id("kept"): live(kept),
    }
    world = World((stored(revision=3, objects=[*map(config_map, names), widget]),), objects)
    assert world.going(run=None) == {object_id("own"): "u-own"}
    unserved = ObjectId(Kind("example.com/v1", "Widget"), "shop", "w")
    assert world.done == [(3, None, dict.fromkeys((object_id("taken"), object_id("kept"), unserved)))]


def test_what_is_in_a_version_that_is_not_served_is_deleted_in_one_that_is() -> None:
    """Helm would stumble over it, and left out of the record it would be lost if Helm fails."""
    served = (Kind("batch/v1", "CronJob"), Kind("rbac.authorization.k8s.io/v1", "ClusterRole"))
    old: list[JsonMap] = [
        {"apiVersion": f"{kind.group}/v1beta1", "kind": kind.name, "metadata": {"name": name}}
        for kind in served
        for name in ("api", "gone")
    ]
    homes = ("shop", "")
    held = {ObjectId(kind, home, "api"): _own("api") for kind, home in zip(served, homes, strict=True)}
    kinds = {
        kind: Resource(kind, kind.name.lower(), namespaced=bool(home)) for kind, home in zip(served, homes, strict=True)
    }
    world = World((stored(revision=3, objects=old),), dict(held), kinds=kinds)
    assert world.going(run=None) == dict.fromkeys(held, "u-api")
    rewritten = {
        ObjectId(replace(kind, api_version=f"{kind.group}/v1beta1"), home, name): kind
        for kind, home in zip(served, homes, strict=True)
        for name in ("api", "gone")
    }
    assert world.done == [(3, None, rewritten)]


def test_what_another_release_has_by_now_in_such_a_version_stays() -> None:
    """It is taken out of the record."""
    served = Kind("batch/v1", "CronJob")
    old: JsonMap = {"apiVersion": "batch/v1beta1", "kind": "CronJob", "metadata": {"name": "api"}}
    kinds = {served: Resource(served, "cronjobs", namespaced=True)}
    world = World((stored(revision=3, objects=[old]),), {ObjectId(served, "shop", "api"): config_map()}, kinds=kinds)
    assert world.going(run=None) == {}
    assert world.done == [(3, None, {ObjectId(Kind("batch/v1beta1", "CronJob"), "shop", "api"): None})]


def test_a_release_with_objects_of_a_server_that_does_not_answer_stays() -> None:
    """Else nothing would be left that tells of them."""
    widget: JsonMap = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}
    world = World((stored(revision=3, objects=[widget]),), dead=("example.com/v1",))
    with pytest.raises(ClusterError, match=r"Widget shop/w is there cannot be told: the server of example\.com/v1"):
        world.going()
    assert world.done == []


def test_a_namespace_is_deleted_when_the_rest_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The garbage collector is waited for."""
    monkeypatch.setattr(removal, "PAUSE", 0.0)
    pod = {**config_map("pod"), "metadata": {"name": "pod", "uid": "p", "ownerReferences": OWNED}}
    world = World(contents=[[pod], [pod], []])
    world.delete_namespace()
    assert world.done == [Deletion("", "shop", "u")]


@pytest.mark.parametrize("patience", [60.0, -1.0])
def test_a_namespace_that_somebody_uses_stays(patience: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once for what nobody will collect; after a while for what does not go."""
    monkeypatch.setattr(removal, "PATIENCE", patience)
    owners = {"ownerReferences": OWNED} if patience < 0 else {}
    item = {**config_map("new"), "metadata": {"name": "new", "namespace": "shop", "uid": "n", **owners}}
    world = World(contents=[[item]])
    with pytest.raises(
        ClusterError, match="namespace shop holds what is not removed with it: ConfigMap shop/new; it stays"
    ):
        world.delete_namespace()
    assert world.done == []


def test_a_namespace_of_which_not_all_can_be_seen_stays() -> None:
    """A server that does not answer may keep something in it, which the namespace would take along later."""
    world = World(contents=[[]], dead=("example.com/v1",))
    with pytest.raises(ClusterError, match=r"cannot be told: the server of example\.com/v1 does not answer; it stays"):
        world.delete_namespace()
    assert world.done == []


def test_a_secret_is_deleted_without_a_look_around() -> None:
    """Its uid and version are enough."""
    world = World()
    delete(cast(ClusterWriter, world), RESOURCES[CONFIG_MAP], DeleteObject(CONFIG_MAP, Deletion("shop", "x", "u", "7")))
    assert world.done == [Deletion("shop", "x", "u", "7")]
