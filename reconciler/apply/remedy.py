"""What is done about a release that failed for good: nothing, back to the last deployed revision, or away with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from reconciler.apply.again import is_ours, somebody_elses
from reconciler.apply.completion import complete_removal
from reconciler.apply.removal import going
from reconciler.apply.retries import Newest
from reconciler.errors import ApiError, ReconcilerError
from reconciler.model.cluster import ClusterWriter
from reconciler.model.desired import ClusterAccess, Release, Wait
from reconciler.model.engine import Engine, RemoveRequest, RollbackRequest
from reconciler.model.failure import Remedy
from reconciler.model.identity import ObjectId
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.outcome import Remedied
from reconciler.model.plan import Action, ActionKind, UninstallRelease, Verb, WriteRelease
from reconciler.model.removal import removed_ids

# As long as Helm waits for what it removes.
_GONE = Wait(300.0)


@dataclass(frozen=True, slots=True)
class Remedies:
    """Remedies failures, through Helm.

    Attributes:
        newest: the newest revision of a release as it is now.
        settle: waits until a release is healthy; tells how it is when it does not become so in time.
        run: this run, when it holds the locks of what it changes.
    """

    clusters: Mapping[str, ClusterWriter]
    access: Mapping[str, ClusterAccess]
    engine: Engine
    newest: Newest
    settle: Callable[[Release], str | None]
    run: str | None = None

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
            return self._remedied(chosen, action, work, stored)
        except ReconcilerError as error:
            return Remedied(chosen, done=False, message=f"{chosen} failed: {error.message}")

    def _remedied(self, chosen: Remedy, action: Action, work: WriteRelease, stored: StoredRelease) -> Remedied:
        if not is_ours(work, stored):
            raise somebody_elses(work, stored.revision)
        release = work.release
        if stored.status.is_pending:
            reason = "reconciler: its apply failed before it could be marked"
            self._cluster(release).mark_failed(release.id, stored.revision, reason)
        if chosen is Remedy.UNINSTALL:
            return self._uninstalled(action, work, stored)
        return self._rolled_back(release, stored.deployed, stored.revision + 1)

    def _rolled_back(self, release: Release, revision: int | None, makes: int) -> Remedied:
        if revision is None:
            return Remedied(Remedy.ROLLBACK, done=False, message="no revision is deployed to roll back to")
        cluster = self._cluster(release)
        if self.run:
            with suppress(ApiError):  # without the mark, a rollback that is killed is judged by its age
                cluster.mark_rollback(release.id, revision, self.run, makes)
        try:
            self.engine.rollback(RollbackRequest(release.id, self._access(release), revision, release.history))
            cluster.conclude(release.id, makes)
        except ReconcilerError:
            self._end(release, makes)
            raise
        told = f"rolled back to revision {revision}"
        trouble = self.settle(release)
        if trouble:
            return Remedied(Remedy.ROLLBACK, done=False, message=f"{told}, but it {trouble}")
        return Remedied(Remedy.ROLLBACK, done=True, message=told)

    def _end(self, release: Release, revision: int) -> None:
        """Helm leaves a rollback pending whose hook fails, which to everybody else is one that is under way."""
        with suppress(ReconcilerError):  # the rollback's own failure is what is told
            left = self.newest(release)
            if left and left.revision == revision and left.status is ReleaseStatus.PENDING_ROLLBACK:
                self._cluster(release).mark_failed(release.id, revision, "reconciler: its rollback failed")

    def _uninstalled(self, action: Action, work: WriteRelease, stored: StoredRelease) -> Remedied:
        release, cluster = work.release, self._cluster(work.release)
        before = list(_found_before(action, removed_ids(stored, cluster.resources())))
        if before:
            named = ", ".join(map(str, before[:3])) + (" and more" if before[3:] else "")
            told = f"not uninstalled: that would remove what was there before the install too: {named}"
            return Remedied(Remedy.UNINSTALL, done=False, message=told)
        wait = release.wait or _GONE
        gone = going(cluster, release.id, UninstallRelease(work.environment, stored.revision, wait), self.run)
        if gone is not None:
            self.engine.uninstall(RemoveRequest(release.id, self._access(release), wait))
            complete_removal(cluster, release.id, gone)
        return Remedied(Remedy.UNINSTALL, done=True, message="uninstalled")

    def _cluster(self, release: Release) -> ClusterWriter:
        return self.clusters[release.id.cluster].acting_as(release.impersonate)

    def _access(self, release: Release) -> ClusterAccess:
        return self.access[release.id.cluster].acting_as(release.impersonate)


def _found_before(action: Action, objects: Iterable[ObjectId]) -> Iterator[ObjectId]:
    """Those of a release's objects that its install did not make: adopted, made anew, or left by a lost release."""
    made = {change.id for change in action.changes if change.verb is Verb.CREATE}
    # A kind that was not served when the plan was made was taken for one that lives in namespaces.
    made |= {replace(identity, namespace="") for identity in made}
    return (identity for identity in objects if identity not in made)
