"""How each kind of work is done."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from reconciler.apply.accounts import attach
from reconciler.apply.completion import complete_removal, complete_write
from reconciler.apply.definitions import await_served
from reconciler.apply.preparation import adopt, delete_old
from reconciler.apply.removal import delete, going
from reconciler.errors import ApiError, ClusterError, EngineError
from reconciler.model.attachment import ACCOUNT
from reconciler.model.cluster import HELM_MANAGER, ClusterWriter, Resource
from reconciler.model.desired import ClusterAccess
from reconciler.model.engine import Engine, RemoveRequest, WriteRequest
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import JsonMap, text_at
from reconciler.model.ownership import release_labels
from reconciler.model.plan import (
    Action,
    ActionKind,
    ApplyObjects,
    AttachPullSecrets,
    DeleteObject,
    UninstallRelease,
    WriteRelease,
)
from reconciler.model.preparation import Adoption, Definition, Preparation, Recreation


@dataclass(frozen=True, slots=True)
class Handlers:
    """Does the work of actions, on the clusters and through Helm.

    Attributes:
        run: this run, when it holds the locks of what it changes.
        stop: setting it ends all waiting.
        removed: what goes with each release whose uninstall has begun: once it has ended, no record tells.
    """

    clusters: Mapping[str, ClusterWriter]
    access: Mapping[str, ClusterAccess]
    engine: Engine
    run: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    removed: dict[ReleaseId, Mapping[ObjectId, str]] = field(default_factory=dict)

    def perform(self, action: Action) -> None:
        """Do an action's work.

        Raises:
            ReconcilerError: it failed; what it wrote before stays, and the next plan sees it.
        """
        cluster = self.clusters[action.target.cluster]
        match action.work:
            case ApplyObjects(items, manager, user, first, revision):
                writer = cluster.acting_as(user)
                if revision is not None and isinstance(action.target, ReleaseId):
                    _require_newest(writer, action.target, revision)
                self._prepare(writer, first)
                for kind, item in items:
                    writer.apply(_resource(writer, kind), item, manager)
            case AttachPullSecrets():
                attach(cluster, _resource(cluster, ACCOUNT), action.work)
            case DeleteObject():
                delete(cluster, _resource(cluster, action.work.kind), action.work)
            case UninstallRelease() if isinstance(action.target, ReleaseId):
                self._uninstall(action.target, action.work, cluster)
            case WriteRelease(release):
                self._write(action, action.work, cluster.acting_as(release.impersonate))

    def complete(self, action: Action) -> None:
        """After an action: do what Helm passed over. What is done already is not done again.

        Raises:
            ReconcilerError: it could not be seen, or be done.
        """
        cluster, work = self.clusters[action.target.cluster], action.work
        if isinstance(work, WriteRelease):
            cluster = cluster.acting_as(work.release.impersonate)
            complete_write(cluster, work.release.id, work.revision, action.changes)
        elif isinstance(action.target, ReleaseId) and action.target in self.removed:
            complete_removal(cluster, action.target, self.removed[action.target])

    def _uninstall(self, release: ReleaseId, work: UninstallRelease, cluster: ClusterWriter) -> None:
        found = going(cluster, release, work, self.run)
        if found is not None:
            self.removed[release] = found
            self.engine.uninstall(RemoveRequest(release, self.access[release.cluster], work.wait))

    def _write(self, action: Action, work: WriteRelease, cluster: ClusterWriter) -> None:
        release = work.release
        if release.chart is None:
            raise EngineError(f"{release.id}: its chart has not been fetched")
        if work.repair is not None:
            cluster.mark_failed(release.id, work.repair, "reconciler: the run that began it died")
        for kind, item in work.checks:
            _check(cluster, kind, item)
        _require_newest(cluster, release.id, work.revision - 1)
        self._prepare(cluster, work.first)
        request = WriteRequest(
            release=release.id,
            cluster=self.access[release.id.cluster].acting_as(release.impersonate),
            chart=release.chart,
            values=release.values,
            labels=release_labels(work.environment, release.chart.digest, work.revision, self.run),
            description=work.description,
            wait=release.wait,
            history=release.history,
        )
        if action.kind is ActionKind.INSTALL:
            self.engine.install(request)
        else:
            self.engine.upgrade(request)

    def _prepare(self, cluster: ClusterWriter, steps: Iterable[Preparation]) -> None:
        made = []
        for step in steps:
            resource = _resource(cluster, step.id.kind)
            match step:
                case Adoption():
                    adopt(cluster, resource, step)
                case Definition(identity, item):
                    cluster.create(resource, item, HELM_MANAGER)
                    made.append(identity)
                case Recreation():
                    delete_old(cluster, resource, step, self.stop)
        await_served(cluster, made, self.stop)


def _require_newest(cluster: ClusterWriter, release: ReleaseId, planned: int) -> None:
    """Who upgrades by hand holds no lock, and Helm would go on from whatever revision there is now."""
    newest = cluster.newest_revision(release)
    if newest != planned:
        raise EngineError(
            f"{release}: revision {newest} was made since the plan, which goes on from revision {planned}"
            if newest
            else f"{release}: revision {planned} is gone since the plan",
            hint="apply again",
        )


def _resource(cluster: ClusterWriter, kind: Kind) -> Resource:
    resource = cluster.resources().get(kind)
    if resource is None:
        # Its definition may be among the objects that were just put back.
        cluster.refresh()
        resource = cluster.resources().get(kind)
    if resource is None:
        raise ClusterError(
            f"cluster {cluster.name} does not serve {kind} any more", hint="install its CustomResourceDefinition again"
        )
    return resource


def _check(cluster: ClusterWriter, kind: Kind, item: JsonMap) -> None:
    """Have the server check what it could not check at plan time; a kind still unknown is left to Helm."""
    resource = cluster.resources().get(kind)
    if resource is None:
        return
    try:
        cluster.dry_run(resource, item, HELM_MANAGER)
    except ApiError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            name = text_at(item, "metadata", "name")
            raise EngineError(f"{kind.name} {name}: {error.message}", hint=error.hint) from error
