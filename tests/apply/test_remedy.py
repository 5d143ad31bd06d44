"""Remedies: what is asked of Helm, and what is told about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from reconciler.apply.remedy import Remedies
from reconciler.errors import EngineError, ReconcilerError
from reconciler.model.cluster import ClusterWriter, Deletion, Resource
from reconciler.model.desired import Impersonation, Release
from reconciler.model.engine import Engine, RemoveRequest, RollbackRequest
from reconciler.model.failure import OnFailure, Remedy
from reconciler.model.identity import Kind, ReleaseId
from reconciler.model.json import JsonMap
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.outcome import Remedied
from reconciler.model.ownership import release_labels
from reconciler.model.plan import Action, ActionKind, ApplyObjects, WriteRelease
from tests.plan.factories import API, DIGEST, RESOURCES, config_map, desired, live, release, stored

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
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def acting_as(self, _user: Impersonation | None) -> World:
        """The same."""
        return self

    def mark_failed(self, _release: ReleaseId, revision: int, _description: str) -> None:
        """A repair."""
        self.asked.append(("repair", revision))

    def supersede(self, _release: ReleaseId) -> None:
        """What Helm left behind."""
        self.asked.append(("supersede",))

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
        made = Remedies({"main": cluster}, desired().clusters, engine, self.newest, self.settle)
        return made.remedy(failed)


def test_a_failed_upgrade_goes_back_to_the_deployed_revision() -> None:
    """With as much history as the release keeps."""
    world = World(stored(status=FAILED, revision=3, deployed=2))
    assert world.remedy(action()) == Remedied(Remedy.ROLLBACK, done=True, message="rolled back to revision 2")
    assert world.asked == [("rollback", 2, 10), ("supersede",)]


def test_a_revision_of_a_later_try_is_ours_too() -> None:
    """Retries have written more than the plan said."""
    world = World(stored(status=FAILED, revision=5, deployed=2))
    assert world.remedy(action()) == Remedied(Remedy.ROLLBACK, done=True, message="rolled back to revision 2")


def test_a_failed_first_install_is_uninstalled() -> None:
    """And waited for, so that the next install finds nothing in its way, not even what Helm could not look at."""
    world = World(stored(status=FAILED, objects=[config_map("left")]))
    assert world.remedy(action(ActionKind.INSTALL, 1)) == Remedied(Remedy.UNINSTALL, done=True, message="uninstalled")
    assert world.asked == [("uninstall", True), ("delete", "left")]


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
