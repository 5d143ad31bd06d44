"""What is done about a release that failed for good: nothing, back to the last deployed revision, or away with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.apply.again import is_ours, somebody_elses
from reconciler.apply.completion import complete_removal
from reconciler.apply.retries import Newest
from reconciler.errors import ReconcilerError
from reconciler.model.cluster import ClusterWriter
from reconciler.model.desired import ClusterAccess, Release, Wait
from reconciler.model.engine import Engine, RemoveRequest, RollbackRequest
from reconciler.model.failure import Remedy
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.outcome import Remedied
from reconciler.model.plan import Action, ActionKind, WriteRelease
from reconciler.model.removal import removed_ids

# As long as Helm waits for what it removes.
_GONE = Wait(300.0)


@dataclass(frozen=True, slots=True)
class Remedies:
    """Remedies failures, through Helm.

    Attributes:
        newest: the newest revision of a release as it is now.
        settle: waits until a release is healthy; tells how it is when it does not become so in time.
    """

    clusters: Mapping[str, ClusterWriter]
    access: Mapping[str, ClusterAccess]
    engine: Engine
    newest: Newest
    settle: Callable[[Release], str | None]

    def remedy(self, action: Action) -> Remedied | None:
        """What became of the remedy that the policy names; None when it names none, or nothing was written."""
        work = action.work
        if not isinstance(work, WriteRelease):
            return None
        policy = work.release.on_failure
        chosen = policy.install if action.kind is ActionKind.INSTALL else policy.upgrade
        if chosen is Remedy.LEAVE:
            return None
        try:
            stored = self.newest(work.release)
            if stored is None or stored.revision < work.revision or stored.status is ReleaseStatus.DEPLOYED:
                return None
            return self._remedied(chosen, work, stored)
        except ReconcilerError as error:
            return Remedied(chosen, done=False, message=f"{chosen} failed: {error.message}")

    def _remedied(self, chosen: Remedy, work: WriteRelease, stored: StoredRelease) -> Remedied:
        if not is_ours(work, stored):
            raise somebody_elses(work, stored.revision)
        release = work.release
        if stored.status.is_pending:
            reason = "reconciler: its apply failed before it could be marked"
            self._cluster(release).mark_failed(release.id, stored.revision, reason)
        if chosen is Remedy.UNINSTALL:
            return self._uninstalled(release, stored)
        return self._rolled_back(release, stored.deployed)

    def _rolled_back(self, release: Release, revision: int | None) -> Remedied:
        if revision is None:
            return Remedied(Remedy.ROLLBACK, done=False, message="no revision is deployed to roll back to")
        self.engine.rollback(RollbackRequest(release.id, self._access(release), revision, release.history))
        self._cluster(release).supersede(release.id)
        told = f"rolled back to revision {revision}"
        trouble = self.settle(release)
        if trouble:
            return Remedied(Remedy.ROLLBACK, done=False, message=f"{told}, but it {trouble}")
        return Remedied(Remedy.ROLLBACK, done=True, message=told)

    def _uninstalled(self, release: Release, stored: StoredRelease) -> Remedied:
        cluster = self._cluster(release)
        self.engine.uninstall(RemoveRequest(release.id, self._access(release), release.wait or _GONE))
        complete_removal(cluster, release.id, removed_ids(stored, cluster.resources()))
        return Remedied(Remedy.UNINSTALL, done=True, message="uninstalled")

    def _cluster(self, release: Release) -> ClusterWriter:
        return self.clusters[release.id.cluster].acting_as(release.impersonate)

    def _access(self, release: Release) -> ClusterAccess:
        return self.access[release.id.cluster].acting_as(release.impersonate)
