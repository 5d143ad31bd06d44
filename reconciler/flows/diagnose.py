"""`reconcile diagnose`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from reconciler.diagnose.explain import explain_release
from reconciler.flows.context import Context, Request
from reconciler.flows.investigate import Investigator, not_installed, roots_of
from reconciler.flows.masking import masked
from reconciler.flows.planning import Found, look, make_plan
from reconciler.model.desired import Release
from reconciler.model.finding import Finding, Trouble
from reconciler.model.identity import ReleaseId
from reconciler.model.observed import ReleaseStatus
from reconciler.model.plan import Action, ActionKind
from reconciler.observe.concurrency import concurrently


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What does not run in an environment, and why."""

    environment: str
    releases: int
    findings: tuple[Finding, ...]

    @property
    def is_healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def diagnose(request: Request, context: Context, lines: int) -> Diagnosis:
    """Why releases are not healthy, or cannot be made; nothing is written."""
    found = look(request, context)
    with closing(found.tools.engine):
        planned = make_plan(found)
    readers = {name: previewer.cluster for name, previewer in found.previewers.items()}
    investigator = Investigator(found.desired, readers, context.now, lines)
    with masked(found.desired.mask):
        actions = {action.target: action for action in planned.actions}
        others = [action for action in planned.blocked if not isinstance(action.target, ReleaseId)]
        of_others = concurrently(lambda action: investigator.failed(action.target, _trouble(action)), others)
        of_releases = concurrently(
            lambda release: _of_release(release, actions[release.id], investigator, found), found.desired.releases
        )
    findings = tuple(finding for several in (*of_others, *of_releases) for finding in several)
    return Diagnosis(found.desired.name, len(found.desired.releases), findings)


def _trouble(action: Action) -> Trouble:
    return Trouble(action.reason, cause=action.cause)


def _of_release(release: Release, action: Action, investigator: Investigator, found: Found) -> tuple[Finding, ...]:
    if action.kind is ActionKind.BLOCKED:
        return investigator.failed(release.id, _trouble(action))
    stored = found.observed.release(release.id)
    trouble = None
    if stored is None:
        trouble = not_installed(release.id)
    elif stored.status is ReleaseStatus.FAILED:
        trouble = Trouble(f"revision {stored.revision} failed: {stored.description}")
    roots = roots_of(release, found.observed.clusters[release.id.cluster])
    if trouble is None and not roots:
        return ()
    return explain_release(release, trouble, roots, investigator.surroundings(release, roots), found.desired.mask)
