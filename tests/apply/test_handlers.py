"""Work → what the clusters and Helm are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from reconciler.apply.handlers import Handlers
from reconciler.errors import ApiError, ClusterError, EngineError
from reconciler.model.cluster import Cascade, ClusterWriter, Deletion, DryRun, Resource
from reconciler.model.desired import Impersonation
from reconciler.model.engine import Engine, RemoveRequest, WriteRequest
from reconciler.model.identity import Kind, ReleaseId
from reconciler.model.json import JsonMap, as_map, dig
from reconciler.model.observed import StoredRelease
from reconciler.model.plan import Action, ActionKind, ApplyObjects, UninstallRelease, Work, WriteRelease
from reconciler.model.preparation import Adoption, Definition, Recreation
from tests.plan.factories import (
    API,
    CONFIG_MAP,
    DIGEST,
    RESOURCES,
    config_map,
    desired,
    live,
    object_id,
    release,
    stored,
)

LIVE: JsonMap = {**config_map(), "metadata": {"name": "api", "uid": "u-1"}}
OWNED = live(config_map())
IDENTITY = object_id()
UNKNOWN = Kind("example.com/v1", "Widget")


@dataclass
class World:
    """A cluster and Helm, by the interfaces of the model: they note what they are asked, in order.

    `refuses` is what the cluster answers to a dry run.
    """

    name: str = "main"
    refuses: ApiError | None = None
    newest: int = 2
    live: JsonMap = field(default_factory=lambda: LIVE)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    requests: list[WriteRequest] = field(default_factory=list)
    installed: list[StoredRelease] = field(default_factory=list)

    def acting_as(self, user: Impersonation | None) -> World:
        """The same world; only another user is worth a note."""
        if user:
            self.asked.append(("as", user.user))
        return self

    def resources(self) -> Mapping[Kind, Resource]:
        """ConfigMaps, Secrets and namespaces."""
        return RESOURCES

    def refresh(self) -> None:
        """Look anew."""
        self.asked.append(("refresh",))

    def dry_run(self, resource: Resource, item: JsonMap, manager: str) -> DryRun:
        """A check."""
        self.asked.append(("check", resource.plural, manager))
        if self.refuses:
            raise self.refuses
        return DryRun(item)

    def apply(self, resource: Resource, item: JsonMap, manager: str) -> None:
        """A write."""
        self.asked.append(("apply", resource.plural, item, manager))

    def create(self, resource: Resource, item: JsonMap, manager: str) -> None:
        """A first write."""
        self.asked.append(("create", resource.plural, item, manager))

    def fetch(self, _resource: Resource, _namespace: str, _name: str) -> JsonMap | None:
        """The live object."""
        return None if ("delete", "u-1", Cascade.FOREGROUND) in self.asked else self.live

    def delete(self, _resource: Resource, deletion: Deletion) -> None:
        """A deletion."""
        self.asked.append(("delete", deletion.uid, deletion.cascade))

    def mark_failed(self, release_id: ReleaseId, revision: int, _description: str) -> None:
        """A repair."""
        self.asked.append(("repair", release_id, revision))

    def conclude(self, _release: ReleaseId, revision: int) -> None:
        """What Helm left behind."""
        self.asked.append(("conclude", revision))

    def newest_revision(self, _release: ReleaseId) -> int:
        """What others may have made since the plan."""
        return self.newest

    def releases(self, _namespace: str) -> list[StoredRelease]:
        """What Helm has stored."""
        return self.installed

    def uninstall(self, request: RemoveRequest) -> None:
        """Helm uninstalls, and passes over the object."""
        self.asked.append(("uninstall", request.release))
        self.installed.clear()

    def install(self, request: WriteRequest) -> None:
        """Helm installs."""
        self.asked.append(("install",))
        self.requests.append(request)

    def upgrade(self, request: WriteRequest) -> None:
        """Helm upgrades."""
        self.asked.append(("upgrade",))
        self.requests.append(request)

    def perform(self, work: Work, kind: ActionKind = ActionKind.UPGRADE, run: str | None = None) -> None:
        """Do it."""
        cluster, engine = cast(ClusterWriter, self), cast(Engine, self)
        handlers = Handlers({"main": cluster}, desired().clusters, engine, run)
        action = Action(kind, API, "", (), frozenset(), work)
        handlers.perform(action)
        handlers.complete(action)


def write(**changes: Any) -> WriteRelease:
    """The writing of revision 3."""
    return replace(WriteRelease(release(values={"a": 1}), "staging", 3, None, (), "reconciler: why"), **changes)


def test_objects_are_applied_in_their_order() -> None:
    """As the field manager of the work, one by one."""
    world = World()
    items = ((CONFIG_MAP, config_map("a")), (CONFIG_MAP, config_map("b")))
    world.perform(ApplyObjects(items, "helm"))
    assert world.asked == [("apply", "configmaps", item, "helm") for _, item in items]


def test_all_is_done_as_the_user_of_the_release() -> None:
    """Corrections, and what Helm does."""
    jane = Impersonation("jane")
    world = World()
    world.perform(ApplyObjects(((CONFIG_MAP, config_map()),), "helm", jane))
    world.perform(write(release=replace(release(), impersonate=jane)))
    assert world.asked == [
        ("as", "jane"),
        ("apply", "configmaps", config_map(), "helm"),
        ("as", "jane"),
        ("upgrade",),
        ("as", "jane"),
        ("conclude", 3),
    ]
    assert world.requests[0].cluster == replace(desired().clusters["main"], impersonate=jane)


def test_an_object_whose_kind_is_gone_is_a_clear_error() -> None:
    """Between plan and apply somebody may have removed a definition."""
    with pytest.raises(ClusterError, match=r"cluster main does not serve Widget\.example\.com/v1"):
        World().perform(ApplyObjects(((UNKNOWN, {}),), "helm"))


@pytest.mark.parametrize(
    ("kind", "calls"),
    [(ActionKind.INSTALL, [("install",), ("conclude", 3)]), (ActionKind.UPGRADE, [("upgrade",), ("conclude", 3)])],
)
def test_a_release_is_written_with_all_that_is_known_of_it(kind: ActionKind, calls: list[tuple[Any, ...]]) -> None:
    """Chart, values, labels by which the next run knows it, and the reason for `helm history`."""
    world = World()
    world.perform(write(), kind)
    assert world.asked == calls
    (request,) = world.requests
    wanted = release(values={"a": 1})
    assert (request.release, request.chart, request.values) == (API, wanted.chart, {"a": 1})
    assert (request.wait, request.history, request.description) == (None, 10, "reconciler: why")
    assert request.cluster == desired().clusters["main"]
    assert request.labels == {
        "reconciler/environment": "staging",
        "reconciler/chart": DIGEST[:40],
        "reconciler/revision": "3",
    }


@pytest.mark.parametrize(
    ("newest", "told"), [(3, "revision 3 was made since the plan"), (0, "revision 2 is gone since the plan")]
)
def test_a_release_that_went_on_since_the_plan_is_left_alone(newest: int, told: str) -> None:
    """Somebody upgraded or removed it by hand; what Helm would compare with is not what was planned on."""
    world = World(newest=newest)
    with pytest.raises(EngineError, match=told):
        world.perform(write())
    assert world.asked == []


@pytest.mark.parametrize(("newest", "done"), [(2, True), (3, False)])
def test_a_correction_is_of_the_revision_that_was_planned_on(newest: int, done: bool) -> None:  # noqa: FBT001 - a table
    """Somebody who upgrades by hand while it waits does not get the old objects forced over the new ones."""
    world = World(newest=newest)
    work = ApplyObjects(((CONFIG_MAP, config_map()),), "helm", revision=2)
    with nullcontext() if done else pytest.raises(EngineError, match="revision 3 was made since the plan"):
        world.perform(work)
    assert bool(world.asked) is done


def test_a_revision_tells_its_run() -> None:
    """Where the run holds the lock, so that whoever has it next knows that the run is dead."""
    world = World()
    world.perform(write(), run="run1")
    assert world.requests[0].labels["reconciler/run"] == "run1"


def test_a_pending_revision_is_repaired_first() -> None:
    """Helm refuses to upgrade over an operation that it takes for alive."""
    world = World()
    world.perform(write(repair=2))
    assert world.asked == [("repair", API, 2), ("upgrade",), ("conclude", 3)]


def test_what_is_in_the_way_is_dealt_with_before_helm() -> None:
    """After the checks, so that nothing is deleted for what will be refused."""
    world = World()
    steps = (Adoption(IDENTITY, "u-1", API), Recreation(IDENTITY, "u-1", Cascade.FOREGROUND))
    world.perform(write(checks=((CONFIG_MAP, config_map("other")),), first=steps))
    assert [asked[0] for asked in world.asked] == ["check", "apply", "delete", "upgrade", "conclude"]
    assert dig(world.asked[1][2], "metadata", "annotations", "meta.helm.sh/release-name") == "api"


def test_definitions_are_made_before_helm() -> None:
    """As the user of the release; one that is there by now is left as it is."""
    world = World()
    first = (Definition(IDENTITY, config_map()),)
    world.perform(write(first=first, release=replace(release(), impersonate=Impersonation("jane"))), ActionKind.INSTALL)
    assert world.asked[:3] == [("as", "jane"), ("create", "configmaps", config_map(), "helm"), ("install",)]


def test_an_object_that_drifted_is_made_anew_as_well() -> None:
    """It is deleted first, then applied."""
    world = World()
    first = (Recreation(IDENTITY, "u-1", Cascade.FOREGROUND),)
    world.perform(ApplyObjects(((CONFIG_MAP, config_map()),), "helm", first=first))
    assert [asked[0] for asked in world.asked] == ["delete", "apply"]


def test_nothing_is_deleted_for_what_is_refused() -> None:
    """The server has to be content with all that it could not check at plan time."""
    world = World(refuses=ApiError("unknown field", status=422, reason="Invalid"))
    with pytest.raises(EngineError):
        world.perform(
            write(checks=((CONFIG_MAP, config_map("other")),), first=(Recreation(IDENTITY, "u-1", Cascade.FOREGROUND),))
        )
    assert [asked[0] for asked in world.asked] == ["check"]


def test_checks_come_before_helm() -> None:
    """What the server refuses is known before anything of the release is written."""
    world = World(refuses=ApiError("unknown field", status=422, reason="Invalid", hint="look"))
    with pytest.raises(EngineError, match="ConfigMap api: unknown field") as caught:
        world.perform(write(checks=((CONFIG_MAP, config_map()),)))
    assert caught.value.hint == "look"
    assert world.asked == [("check", "configmaps", "helm")]


@pytest.mark.parametrize(
    ("kind", "refuses"), [(UNKNOWN, None), (CONFIG_MAP, ApiError("gone", status=404, reason="NotFound"))]
)
def test_what_still_cannot_be_checked_is_left_to_helm(kind: Kind, refuses: ApiError | None) -> None:
    """A kind whose definition the release itself brings."""
    world = World(refuses=refuses)
    world.perform(write(checks=((kind, config_map()),)))
    assert world.asked[-2:] == [("upgrade",), ("conclude", 3)]


def test_what_an_uninstall_left_is_removed_however_often_it_takes() -> None:
    """The next try finds no release any more, which is no reason to forget its objects."""
    world = World(live={**OWNED, "metadata": {**as_map(OWNED["metadata"]), "uid": "u-1"}})
    world.installed.append(stored(revision=3, objects=[config_map()]))
    cluster, engine = cast(ClusterWriter, world), cast(Engine, world)
    handlers = Handlers({"main": cluster}, desired().clusters, engine)
    action = Action(ActionKind.UNINSTALL, API, "", (), frozenset(), UninstallRelease("staging", 3, None))
    handlers.perform(action)
    for _ in range(2):
        handlers.perform(action)
        handlers.complete(action)
    assert world.asked == [("uninstall", API), *[("delete", "u-1", Cascade.BACKGROUND)] * 2]


def test_a_release_without_its_chart_is_an_error() -> None:
    """Rather than an assertion."""
    with pytest.raises(EngineError, match="its chart has not been fetched"):
        World().perform(write(release=replace(release(), chart=None)))
