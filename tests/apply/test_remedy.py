"""Remedies: what is asked of Helm, and what is told about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from reconciler.apply.remedy import Remedies
from reconciler.errors import ApiError, EngineError, ReconcilerError
from reconciler.model.cluster import ClusterWriter, Deletion, Resource
from reconciler.model.desired import Impersonation, Release
from reconciler.model.engine import Engine, RemoveRequest, RollbackRequest
from reconciler.model.failure import OnFailure, Remedy
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.outcome import Remedied
from reconciler.model.ownership import release_labels
from reconciler.model.plan import Action, ActionKind, ApplyObjects, ObjectChange, Verb, WriteRelease
from tests.plan.factories import (
    API,
    DIGEST,
    NAMESPACE,
    RESOURCES,
    config_map,
    desired,
    live,
    object_id,
    release,
    stored,
)

BOTH = OnFailure(install=Remedy.UNINSTALL, upgrade=Remedy.ROLLBACK)
FAILED = ReleaseStatus.FAILED


def action(kind: ActionKind = ActionKind.UPGRADE, revision: int = 3, policy: OnFailure = BOTH) -> Action:
    """A write of this revision, which failed."""
    work = WriteRelease(replace(release(), on_failure=policy), "staging", revision, None, (), "")
    return Action(kind, API, "", (), frozenset(), work)


@dataclass
class World:
    """A cluster and Helm, by the interfaces of the model: they note what they are asked."""

    found: StoredRelease | None
    trouble: str | None = None
    refuses: ReconcilerError | None = None
    left: StoredRelease | None = None
    unmarked: ReconcilerError | None = None
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def acting_as(self, _user: Impersonation | None) -> World:
        """The same."""
        return self

    def mark_failed(self, _release: ReleaseId, revision: int, _description: str) -> None:
        """A repair."""
        self.asked.append(("repair", revision))

    def mark_rollback(self, _release: ReleaseId, target: int, run: str, revision: int) -> None:
        """A mark."""
        self.asked.append(("mark", target, run, revision))
        if self.unmarked:
            raise self.unmarked

    def conclude(self, _release: ReleaseId, revision: int) -> None:
        """What Helm left behind."""
        self.asked.append(("conclude", revision))

    def releases(self, _namespace: str) -> list[StoredRelease]:
        """What is there to be uninstalled."""
        return [self.found] if self.found else []

    def mark_removed(
        self, _release: ReleaseId, revision: int, run: str | None, _rewritten: Mapping[ObjectId, Kind | None]
    ) -> None:
        """A mark."""
        self.asked.append(("mark", revision, run))

    def resources(self) -> Mapping[Kind, Resource]:
        """ConfigMaps among them."""
        return RESOURCES

    def fetch(self, _resource: Resource, _namespace: str, name: str) -> JsonMap | None:
        """An object that Helm could not look at, and so left."""
        return live(config_map(name))

    def delete(self, _resource: Resource, deletion: Deletion) -> None:
        """A deletion."""
        self.asked.append(("delete", deletion.name))

    def rollback(self, request: RollbackRequest) -> None:
        """The way back."""
        self.asked.append(("rollback", request.revision, request.history))
        self.found = self.left or self.found
        if self.refuses:
            raise self.refuses

    def uninstall(self, request: RemoveRequest) -> None:
        """The end."""
        self.asked.append(("uninstall", request.wait is not None))

    def newest(self, _release: Release) -> StoredRelease | None:
        """A look."""
        return self.found

    def settle(self, _release: Release) -> str | None:
        """How it is after the rollback."""
        return self.trouble

    def remedy(self, failed: Action) -> Remedied | None:
        """Remedy it."""
        cluster, engine = cast(ClusterWriter, self), cast(Engine, self)
        made = Remedies({"main": cluster}, desired().clusters, engine, self.newest, self.settle, "r1")
        return made.remedy(failed)


def test_a_failed_upgrade_goes_back_to_the_deployed_revision() -> None:
    """With as much history as the release keeps."""
    world = World(stored(status=FAILED, revision=3, deployed=2))
    assert world.remedy(action()) == Remedied(Remedy.ROLLBACK, done=True, message="rolled back to revision 2")
    assert world.asked == [("mark", 2, "r1", 4), ("rollback", 2, 10), ("conclude", 4)]


def test_a_revision_of_a_later_try_is_ours_too() -> None:
    """Retries have written more than the plan said."""
    world = World(stored(status=FAILED, revision=5, deployed=2))
    assert world.remedy(action()) == Remedied(Remedy.ROLLBACK, done=True, message="rolled back to revision 2")


def test_a_failed_first_install_is_uninstalled() -> None:
    """And waited for, so that the next install finds nothing in its way, not even what Helm could not look at."""
    world = World(stored(status=FAILED, objects=[config_map("left")]))
    made = ObjectChange(Verb.CREATE, object_id("left"), (), verified=True, note=None)
    failed = replace(action(ActionKind.INSTALL, 1), changes=(made,))
    assert world.remedy(failed) == Remedied(Remedy.UNINSTALL, done=True, message="uninstalled")
    assert world.asked == [("mark", 1, "r1"), ("uninstall", True), ("delete", "left")]


def test_a_rollback_that_cannot_be_marked_is_made_all_the_same() -> None:
    """Who may do what Helm does need not have the right to patch its records."""
    forbidden = ApiError("forbidden", status=403, reason="Forbidden")
    world = World(stored(status=FAILED, revision=3, deployed=2), unmarked=forbidden)
    assert world.remedy(action()) == Remedied(Remedy.ROLLBACK, done=True, message="rolled back to revision 2")


@pytest.mark.parametrize(
    "found",
    [
        pytest.param((), id="just as the chart has it, of a release whose records were lost"),
        pytest.param((Verb.UPDATE,), id="otherwise, or of nobody and adopted"),
        pytest.param((Verb.REPLACE,), id="and had to be made anew"),
    ],
)
def test_what_was_there_before_an_install_is_not_removed_with_it(found: tuple[Verb, ...]) -> None:
    """Nobody gave leave for that; so all of the release stays, and the outcome says why."""
    world = World(stored(status=FAILED, objects=[config_map("new"), config_map("old")]))
    changes = [ObjectChange(verb, object_id("old"), (), verified=True, note=None) for verb in found]
    made = ObjectChange(Verb.CREATE, object_id("new"), (), verified=True, note=None)
    told = "not uninstalled: that would remove what was there before the install too: ConfigMap shop/old"
    failed = replace(action(ActionKind.INSTALL, 1), changes=(made, *changes))
    assert world.remedy(failed) == Remedied(Remedy.UNINSTALL, done=False, message=told)
    assert world.asked == []


def test_an_object_of_a_kind_that_the_plan_did_not_know_is_the_installs_own() -> None:
    """Its definition came with the same apply, and told only then that it lives in no namespace."""
    namespace: JsonMap = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "left"}}
    world = World(stored(status=FAILED, objects=[namespace]))
    made = ObjectChange(Verb.CREATE, ObjectId(NAMESPACE, "shop", "left"), (), verified=False, note="not served yet")
    remedied = world.remedy(replace(action(ActionKind.INSTALL, 1), changes=(made,)))
    assert remedied == Remedied(Remedy.UNINSTALL, done=True, message="uninstalled")


@pytest.mark.parametrize(
    ("left", "repaired"),
    [
        pytest.param(stored(status=ReleaseStatus.PENDING_ROLLBACK, revision=4, deployed=2), True, id="left pending"),
        pytest.param(stored(status=FAILED, revision=4, deployed=2), False, id="marked by Helm"),
        pytest.param(stored(status=ReleaseStatus.PENDING_UPGRADE, revision=4, deployed=2), False, id="by hand"),
        pytest.param(stored(status=ReleaseStatus.PENDING_ROLLBACK, revision=5, deployed=2), False, id="by hand later"),
    ],
)
def test_a_rollback_that_fails_is_not_left_pending(left: StoredRelease, *, repaired: bool) -> None:
    """Helm leaves it so when a hook fails; nobody could tell it from one that is under way."""
    busy = EngineError("cannot roll back: busy")
    world = World(stored(status=FAILED, revision=3, deployed=2), refuses=busy, left=left)
    assert world.remedy(action()) == Remedied(Remedy.ROLLBACK, done=False, message=f"rollback failed: {busy.message}")
    assert (("repair", 4) in world.asked) is repaired


@pytest.mark.parametrize("kind", [ActionKind.INSTALL, ActionKind.UPGRADE])
def test_what_was_left_pending_is_marked_first(kind: ActionKind) -> None:
    """Else it would look as if the operation were under way for ever."""
    world = World(stored(status=ReleaseStatus.PENDING_UPGRADE, revision=3, deployed=2))
    assert world.remedy(action(kind, 3))
    assert world.asked[0] == ("repair", 3)


@pytest.mark.parametrize(
    ("failed", "found"),
    [
        pytest.param(action(policy=OnFailure()), stored(status=FAILED, revision=3), id="left, as it is by default"),
        pytest.param(
            action(policy=OnFailure(install=Remedy.UNINSTALL)), stored(status=FAILED, revision=3), id="upgrade"
        ),
        pytest.param(action(), stored(revision=2), id="nothing was written"),
        pytest.param(action(ActionKind.INSTALL, 1), None, id="nothing was installed"),
        pytest.param(action(), stored(revision=3), id="done after all"),
        pytest.param(replace(action(), work=ApplyObjects((), "helm")), None, id="no release"),
    ],
)
def test_where_there_is_nothing_to_remedy_nothing_is_told(failed: Action, found: StoredRelease | None) -> None:
    """And nothing is asked of Helm."""
    world = World(found)
    assert world.remedy(failed) is None
    assert world.asked == []


@pytest.mark.parametrize(
    ("world", "message"),
    [
        (World(stored(status=FAILED, revision=3)), "no revision is deployed to roll back to"),
        (
            World(stored(status=FAILED, revision=3, deployed=2), trouble="is not healthy after 5 s: x"),
            "rolled back to revision 2, but it is not healthy after 5 s: x",
        ),
        (
            World(stored(status=FAILED, revision=3, deployed=2), refuses=EngineError("cannot roll back: busy")),
            "rollback failed: cannot roll back: busy",
        ),
        (
            World(stored(status=FAILED, revision=3, labels=release_labels("staging", DIGEST, 2), deployed=2)),
            "rollback failed: release shop/api: revision 3 was written by somebody else",
        ),
    ],
)
def test_a_remedy_that_fails_says_so(world: World, message: str) -> None:
    """Beside the failure, which it does not replace."""
    assert world.remedy(action()) == Remedied(Remedy.ROLLBACK, done=False, message=message)
