"""What is told of changes, however watches, runs and looks follow each other. The watches are driven by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from reconciler.daemon.looked import Looked
from reconciler.daemon.watch.drift import DriftWatch
from reconciler.daemon.watch.expectations import expectations
from reconciler.daemon.watch.expected import Expectations
from reconciler.daemon.watch.places import MOST
from reconciler.errors import ApiError
from reconciler.model.desired import ClusterAccess, Impersonation
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.json import JsonMap, as_map
from reconciler.model.object_version import ObjectVersion
from reconciler.model.observed import StoredRelease
from reconciler.model.watch import Place, Sink
from tests.plan.factories import API, config_map, desired, live, observed, release, stored

Told = tuple[str, str, str]
WHERE = "ConfigMap shop/api"


@dataclass
class Stop:
    """Ends a watch."""

    end: Callable[[], object]

    def stop(self) -> None:
        self.end()


@dataclass
class Hand:
    """Watches of a cluster that tell what they are told to tell."""

    user: Impersonation | None = None
    sinks: dict[Place, Sink] = field(default_factory=dict)

    def watch(self, place: Place, sink: Sink) -> Stop:
        self.sinks[place] = sink
        return Stop(lambda: self.sinks.pop(place, None))

    def sink(self, plural: str = "configmaps", namespace: str = "shop", *, whole: bool = True) -> Sink:
        """The one for a place."""
        (found,) = (
            sink
            for place, sink in self.sinks.items()
            if (place.resource.plural, place.namespace, place.whole) == (plural, namespace, whole)
        )
        return found


@dataclass
class Scene:
    """A DriftWatch, its watches, and what it told."""

    told: list[Told] = field(default_factory=list)
    hands: dict[Impersonation | None, Hand] = field(default_factory=dict)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.drift = DriftWatch(self._watcher, self._tell, lambda: self.now)

    def _tell(self, name: str, target: Target, item: str) -> None:
        self.told.append((name, str(target), item))

    def _watcher(self, access: ClusterAccess) -> Hand:
        return self.hands.setdefault(access.impersonate, Hand(access.impersonate))

    @property
    def hand(self) -> Hand:
        return self.hands[None]

    def heard(self) -> list[str]:
        """The objects told since it was asked last."""
        told, self.told[:] = [item for _, _, item in self.told], []
        return told


def item(version: int, name: str = "api", **data: Any) -> JsonMap:
    """The ConfigMap of the release, live, in a version."""
    made = live(config_map(name, **data))
    return {**made, "metadata": {**as_map(made["metadata"]), "resourceVersion": str(version)}}


def record(version: int, revision: int, name: str = "api") -> JsonMap:
    """The metadata of Helm's record of a revision."""
    metadata = {"name": f"sh.helm.release.v1.{name}.v{revision}", "namespace": "shop", "resourceVersion": str(version)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}


def kept(version: int = 9, revision: int = 5, **others: Any) -> StoredRelease:
    """A stored release with one ConfigMap that says `text: a`."""
    made = stored(revision=revision, objects=[config_map(text="a")], **others)
    return replace(made, version=ObjectVersion("uid", str(version), None, None))


def look(*objects: JsonMap, releases: Iterable[StoredRelease] | None = None) -> Expectations:
    """What a look expects that found these objects of the release."""
    return expectations(
        desired(release()), observed(*([kept()] if releases is None else releases), objects=objects), ()
    )


@pytest.fixture
def scene() -> Scene:
    """Followed from a look at the ConfigMap in version 10."""
    made = Scene()
    made.drift.follow("staging", look(item(10, text="a")))
    return made


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(item(10, text="a"), [], id="as it was"),
        pytest.param(item(11, text="a"), [], id="another version of the same content"),
        pytest.param({**item(11, text="a"), "status": {"ready": 1}}, [], id="its status"),
        pytest.param(item(11, text="a", more="b"), [], id="something beside what the release wants"),
        pytest.param(item(11, text="b"), [WHERE], id="what the release wants"),
        pytest.param(item(11), [WHERE], id="what the release wants is gone"),
        pytest.param(item(8, text="b"), [], id="a state before the look, since watches may be behind"),
        pytest.param(item(11, name="other", text="b"), [], id="an object that is nobody's"),
    ],
)
def test_which_change_is_told(change: JsonMap, expected: list[str], scene: Scene) -> None:
    """What a release wants, and is no longer so."""
    scene.hand.sink().seen(change)
    assert scene.heard() == expected


def test_nothing_is_told_twice(scene: Scene) -> None:
    """What is lacking is told once, whatever else changes; that it was put back is nothing to tell."""
    sink = scene.hand.sink()
    sink.seen(item(11, text="b"))
    sink.seen({**item(12, text="b", more="c"), "status": {"ready": 1}})
    assert scene.told == [("staging", str(API), WHERE)]
    sink.seen(item(13, text="c"))
    sink.seen(item(14, text="a"))
    assert scene.heard() == [WHERE, WHERE]
    sink.seen(item(15, text="b"))
    assert scene.heard() == [WHERE]


def test_a_deletion_is_told_once(scene: Scene) -> None:
    """And so is the next one, after it was made again."""
    sink = scene.hand.sink()
    sink.gone(item(11, text="a"))
    sink.gone(item(11, text="a"))
    assert scene.heard() == [f"{WHERE} (deleted)"]
    sink.seen(item(12, text="a"))
    sink.gone(item(13, text="a"))
    assert scene.heard() == [f"{WHERE} (deleted)"]


def test_what_was_deleted_while_the_watch_was_away(scene: Scene) -> None:
    """A new list without the object says it."""
    sink = scene.hand.sink()
    sink.seen(item(10, text="a"))
    sink.complete({("shop", "api")}, "10")
    assert scene.heard() == []
    sink.complete(set(), "20")
    assert scene.heard() == [f"{WHERE} (deleted)"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param([("seen", record(9, 5))], 0, id="as it was"),
        pytest.param([("seen", record(11, 6))], 1, id="a new revision"),
        pytest.param([("seen", record(11, 6)), ("gone", record(12, 5)), ("seen", record(13, 6))], 2, id="an upgrade"),
        pytest.param([("seen", record(11, 5))], 1, id="the revision was changed"),
        pytest.param([("seen", record(11, 3))], 0, id="an older revision was changed"),
        pytest.param([("gone", record(11, 3))], 0, id="an older revision was removed"),
        pytest.param([("gone", record(11, 5))], 1, id="it was uninstalled"),
        pytest.param([("seen", record(11, 6, "api.v2"))], 0, id="a release of a similar name"),
    ],
)
def test_helm_by_hand(changes: list[tuple[str, JsonMap]], expected: int, scene: Scene) -> None:
    """What somebody does with `helm` is seen by Helm's own records."""
    sink = scene.hand.sink("secrets", whole=False)
    for what, change in changes:
        getattr(sink, what)(change)
    assert len(scene.heard()) == expected


def test_a_release_that_is_not_there_yet() -> None:
    """Somebody else installs it."""
    scene = Scene()
    scene.drift.follow("staging", look(releases=[]))
    scene.hand.sink("secrets", whole=False).seen(record(11, 1))
    assert scene.heard() == ["Secret shop/sh.helm.release.v1.api.v1"]


def test_a_record_that_no_look_understands_is_told_once() -> None:
    """Or it would be looked at for ever."""
    scene = Scene()
    scene.drift.follow("staging", look(releases=[]))
    scene.hand.sink("secrets", whole=False).seen(record(11, 1))
    assert len(scene.heard()) == 1
    scene.drift.follow("staging", look(releases=[]))
    assert scene.heard() == []


def test_a_run_does_not_tell_of_itself(scene: Scene) -> None:
    """What happens while it is at work is compared with what it found at its end."""
    sink = scene.hand.sink()
    scene.drift.pause("staging")
    sink.seen(item(11, text="b"))
    sink.seen(item(12, text="a"))
    scene.drift.follow("staging", look(item(12, text="a")))
    sink.seen(item(11, text="b"))
    assert scene.heard() == []


@pytest.mark.parametrize("deleted", [False, True])
def test_what_somebody_did_after_the_look_of_a_run(deleted: bool, scene: Scene) -> None:  # noqa: FBT001 (a parameter)
    """It is told as soon as the run has ended."""
    sink = scene.hand.sink()
    scene.drift.pause("staging")
    if deleted:
        sink.gone(item(13, text="a"))
    else:
        sink.seen(item(13, text="b"))
    assert scene.heard() == []
    scene.drift.follow("staging", look(item(12, text="a")))
    assert len(scene.heard()) == 1


def test_what_changes_all_the_time_starts_no_runs(scene: Scene) -> None:
    """As an annotation by which somebody leads: a change beside what the release wants is none, also during a run."""
    sink = scene.hand.sink()
    for number in range(11, 20):
        scene.drift.pause("staging")
        sink.seen(item(number + 1, text="a", leader=str(number)))
        scene.drift.follow("staging", look(item(number, text="a", leader=str(number - 1))))
    assert scene.heard() == []


def test_a_run_without_a_look(scene: Scene) -> None:
    """What happened meanwhile is compared with the look before."""
    scene.drift.pause("staging")
    scene.hand.sink().seen(item(13, text="b"))
    scene.drift.resume("staging")
    assert scene.heard() == [WHERE]


def test_drift_that_stays_is_not_told_again(scene: Scene) -> None:
    """What a look has seen, and left, was told."""
    scene.hand.sink().seen(item(11, text="b"))
    assert scene.heard() == [WHERE]
    scene.drift.follow("staging", look(item(11, text="b")))
    scene.hand.sink().seen(item(12, text="b", more="c"))
    assert scene.heard() == []


def test_a_cluster_that_could_not_be_looked_at(scene: Scene) -> None:
    """What was expected of it stays, and is watched."""
    scene.drift.follow("staging", Expectations(), Looked())
    scene.hand.sink().seen(item(11, text="b"))
    assert scene.heard() == [WHERE]


def test_two_environments(scene: Scene) -> None:
    """Each is told what is its own, over the same watches; what one no longer has is not watched any more."""
    scene.drift.follow("other", look(item(10, text="a")))
    places = set(scene.hand.sinks)
    scene.hand.sink().seen(item(11, text="b"))
    assert sorted(name for name, _, _ in scene.told) == ["other", "staging"]
    scene.drift.forget("other")
    assert set(scene.hand.sinks) == places
    last = scene.hand.sink()
    scene.drift.stop()
    assert not scene.hand.sinks
    scene.told.clear()
    last.seen(item(12, text="c"))
    assert scene.heard() == []


def forbidden() -> ApiError:
    """As an API server says it."""
    return ApiError("configmaps is forbidden", status=403, reason="Forbidden")


def many(count: int) -> Expectations:
    """One release in each of so many namespaces."""
    ids = [ReleaseId("main", f"shop{number}", "api") for number in range(count)]
    return expectations(desired(*map(release, ids)), observed(*(replace(kept(), id=one) for one in ids)), ())


def places(scene: Scene, plural: str) -> AbstractSet[str]:
    """The namespaces that are watched."""
    return {place.namespace for place in scene.hand.sinks if place.resource.plural == plural}


def test_many_namespaces_are_watched_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """Where that is forbidden, one by one; where that is forbidden too, it is said once."""
    scene = Scene()
    scene.drift.follow("staging", many(3))
    assert places(scene, "configmaps") == {"shop0", "shop1", "shop2"}
    scene.drift.follow("staging", many(5))
    assert places(scene, "configmaps") == {""}
    scene.hand.sink(namespace="").failed(forbidden())
    assert places(scene, "configmaps") == {f"shop{number}" for number in range(5)}
    assert places(scene, "secrets") == {""}
    assert caplog.messages == []
    for _ in range(2):
        scene.hand.sink(namespace="shop1").failed(forbidden())
    assert caplog.messages == ["drift is seen only by looks"]
    scene.hand.sink(namespace="shop1").complete(set(), "1")
    scene.hand.sink(namespace="shop1").failed(forbidden())
    assert len(caplog.messages) == 2


def test_what_was_forbidden_once_is_tried_again() -> None:
    """After an hour, at the next look: a role may have been away for a moment, or be another one by now."""
    scene = Scene()
    scene.drift.follow("staging", many(5))
    scene.hand.sink(namespace="").failed(forbidden())
    for now, everywhere in ((3_599.0, False), (3_600.0, True)):
        scene.now = now
        scene.drift.follow("staging", many(5))
        assert (places(scene, "configmaps") == {""}) == everywhere


def test_there_are_bounds(caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds of places for one user would be hundreds of threads; that some are left out is said once."""
    scene = Scene()
    scene.drift.follow("staging", many(300))
    scene.hand.sink(namespace="").failed(forbidden())
    scene.drift.follow("staging", many(300))
    assert len(scene.hand.sinks) == MOST
    assert [getattr(record, "facts", {})["places"] for record in caplog.records] == [301 - MOST]


def test_who_impersonates_watches_as_that_user() -> None:
    """The rights of a release are its own."""
    scene, user = Scene(), Impersonation("shop")
    wanted = replace(release(), impersonate=user)
    seen = observed(kept(), objects=[item(10, text="a")])
    scene.drift.follow("staging", expectations(desired(wanted), seen, ()))
    assert {user} == set(scene.hands)
    scene.hands[user].sink().seen(item(11, text="b"))
    assert scene.heard() == [WHERE]
