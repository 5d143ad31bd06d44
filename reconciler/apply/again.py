"""After a try that failed: what the cluster holds of the release now, and what is left to do. Pure."""

from __future__ import annotations

from dataclasses import replace

from reconciler.errors import EngineError
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.ownership import ENVIRONMENT, REVISION
from reconciler.model.plan import Action, ActionKind, WriteRelease


def again(action: Action, work: WriteRelease, stored: StoredRelease | None) -> Action | None:
    """The next try; None when the last one was done after all, and only its answer was lost.

    Raises:
        EngineError: somebody else has written the release.
    """
    revision = stored.revision if stored else 0
    pending = revision if stored and stored.status.is_pending else None
    if revision == work.revision - 1:
        return replace(action, work=replace(work, repair=pending))
    if stored is None or revision != work.revision or not is_ours(work, stored):
        raise somebody_elses(work, revision)
    if stored.status is ReleaseStatus.DEPLOYED:
        return None
    # What is done to live objects first was done: only then a revision is written.
    left = replace(work, revision=revision + 1, repair=pending, first=())
    return replace(action, kind=ActionKind.UPGRADE, work=left)


def is_ours(work: WriteRelease, stored: StoredRelease) -> bool:
    """Whether an apply of the environment wrote the newest revision: by hand, its number would not be on it."""
    marks = {ENVIRONMENT: work.environment, REVISION: str(stored.revision)}
    return marks.items() <= stored.labels.items()


def somebody_elses(work: WriteRelease, revision: int) -> EngineError:
    """The error for a release that another one wrote in between."""
    return EngineError(f"{work.release.id}: revision {revision} was written by somebody else", hint="apply again")
