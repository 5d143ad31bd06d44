"""What Helm passed over is done after it: only to what is still the release's, and was not deleted yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from reconciler.apply.completion import complete_removal, complete_write
from reconciler.errors import ApiError
from reconciler.model.cluster import ClusterWriter, Deletion, Resource
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, as_map
from reconciler.model.object_version import version_of
from reconciler.model.plan import ObjectChange, Verb
from tests.plan.factories import API, CONFIG_MAP, RESOURCES, config_map, live, object_id


@dataclass
class World:
    """A cluster by the interfaces of the model, in which one ConfigMap is left, or none."""

    left: JsonMap | None
    refuses: ApiError | None = None
    asked: list[Any] = field(default_factory=list)

    def resources(self) -> Mapping[Kind, Resource]:
        """What is served."""
        return RESOURCES

    def fetch(self, _resource: Resource, _namespace: str, _name: str) -> JsonMap | None:
        """The ConfigMap."""
        return self.left

    def delete(self, _resource: Resource, deletion: Deletion) -> None:
        """A deletion."""
        self.asked.append(deletion)
        if self.refuses:
            raise self.refuses

    def conclude(self, release: ReleaseId, revision: int) -> None:
        """The marks."""
        self.asked.append((release, revision))


def _live(**metadata: Any) -> JsonMap:
    item = live(config_map())
    return {**item, "metadata": {**as_map(item["metadata"]), "uid": "u-1", **metadata}}


def _of_another() -> JsonMap:
    item = live(config_map(), ReleaseId("main", "shop", "other"))
    return {**item, "metadata": {**as_map(item["metadata"]), "uid": "u-1"}}


DELETED = Deletion("shop", "api", "u-1")


@pytest.mark.parametrize(
    ("left", "deleted"),
    [
        pytest.param(_live(), [DELETED], id="left behind"),
        pytest.param(None, [], id="gone"),
        pytest.param(_live(uid="u-2"), [], id="another one of its name, made since"),
        pytest.param(_live(deletionTimestamp="2026-01-01T00:00:00Z"), [], id="held by a finalizer"),
        pytest.param({**config_map(), "metadata": {"name": "api", "uid": "u-1"}}, [], id="of nobody"),
        pytest.param(_of_another(), [], id="of another release"),
    ],
)
def test_what_is_left_of_a_removal(left: JsonMap | None, deleted: list[Deletion]) -> None:
    """Is deleted, if it is the release's and nobody has done so."""
    world = World(left)
    complete_removal(cast(ClusterWriter, world), API, {object_id(): "u-1"})
    assert world.asked == deleted


def test_what_could_not_be_removed_is_named() -> None:
    """Nobody else knows of it any more; the error stays what it is, so that it is tried again."""
    error = ApiError("cluster main: busy", status=500, reason="InternalError")
    world = World(_live(), error)
    with pytest.raises(ApiError) as caught:
        complete_removal(cast(ClusterWriter, world), API, {object_id(): "u-1"})
    assert caught.value is error
    assert error.hint == "see whether ConfigMap shop/api is left of release shop/api, and delete it"


def test_of_a_kind_that_is_not_served_nothing_is_left() -> None:
    """Its definition went with the release."""
    world = World(_live())
    complete_removal(cast(ClusterWriter, world), API, {ObjectId(Kind("example.com/v1", "Widget"), "shop", "w"): "u-1"})
    assert world.asked == []


@pytest.mark.parametrize(("verb", "asked"), [(Verb.DELETE, [(API, 3), DELETED]), (Verb.UPDATE, [(API, 3)])])
def test_what_is_left_of_an_upgrade(verb: Verb, asked: list[Any]) -> None:
    """The marks of its revision and of earlier ones, and the objects that it drops."""
    world = World(_live())
    seen = version_of(_live())
    change = ObjectChange(verb, ObjectId(CONFIG_MAP, "shop", "api"), (), verified=True, note=None, version=seen)
    complete_write(cast(ClusterWriter, world), API, 3, [change])
    assert world.asked == asked
