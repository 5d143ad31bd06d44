"""What Helm passed over is done after it: only to what is still the release's, and was not deleted yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from reconciler.apply.completion import complete_removal, complete_upgrade
from reconciler.model.cluster import ClusterWriter, Deletion, Resource
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, as_map
from reconciler.model.plan import ObjectChange, Verb
from tests.plan.factories import API, CONFIG_MAP, RESOURCES, config_map, live, object_id


@dataclass
class World:
    """A cluster by the interfaces of the model, in which one ConfigMap is left, or none."""

    left: JsonMap | None
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

    def supersede(self, release: ReleaseId) -> None:
        """The marks."""
        self.asked.append(release)


def _live(**metadata: Any) -> JsonMap:
    item = live(config_map())
    return {**item, "metadata": {**as_map(item["metadata"]), "uid": "u-1", **metadata}}


DELETED = Deletion("shop", "api", "u-1")


@pytest.mark.parametrize(
    ("left", "deleted"),
    [
        pytest.param(_live(), [DELETED], id="left behind"),
        pytest.param(None, [], id="gone"),
        pytest.param(_live(deletionTimestamp="2026-01-01T00:00:00Z"), [], id="held by a finalizer"),
        pytest.param({**config_map(), "metadata": {"name": "api", "uid": "u-1"}}, [], id="of nobody"),
        pytest.param(live(config_map(), ReleaseId("main", "shop", "other")), [], id="of another release"),
    ],
)
def test_what_is_left_of_a_removal(left: JsonMap | None, deleted: list[Deletion]) -> None:
    """Is deleted, if it is the release's and nobody has done so."""
    world = World(left)
    complete_removal(cast(ClusterWriter, world), API, [object_id()])
    assert world.asked == deleted


def test_of_a_kind_that_is_not_served_nothing_is_left() -> None:
    """Its definition went with the release."""
    world = World(_live())
    complete_removal(cast(ClusterWriter, world), API, [ObjectId(Kind("example.com/v1", "Widget"), "shop", "w")])
    assert world.asked == []


@pytest.mark.parametrize(("verb", "asked"), [(Verb.DELETE, [DELETED, API]), (Verb.UPDATE, [API])])
def test_what_is_left_of_an_upgrade(verb: Verb, asked: list[Any]) -> None:
    """The objects that it drops, and the marks of earlier revisions."""
    world = World(_live())
    change = ObjectChange(verb, ObjectId(CONFIG_MAP, "shop", "api"), (), verified=True, note=None)
    complete_upgrade(cast(ClusterWriter, world), API, [change])
    assert world.asked == asked
