"""States and previews → the plan: which action, why, in which order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.model.cluster import HELM_MANAGER
from reconciler.model.desired import Desired, Release
from reconciler.model.finding import Cause
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.observed import StoredRelease
from reconciler.model.plan import Action, ActionKind, ApplyObjects, Plan, WriteRelease
from reconciler.model.policy import NO_CONSENT, Consent, Risk
from reconciler.model.preflight import Check, masked
from reconciler.model.secret import Mask
from reconciler.plan.leave import Leaves, leaves_of
from reconciler.plan.order import in_order
from reconciler.plan.own import OwnState
from reconciler.plan.own_actions import own_action
from reconciler.plan.pending import in_progress, repair_reason
from reconciler.plan.places import located
from reconciler.plan.previews import NOTHING_ASKED, TargetPreview
from reconciler.plan.recreating import preparations
from reconciler.plan.release_risks import release_hazards
from reconciler.plan.risks import Hazard, object_hazards
from reconciler.plan.states import (
    TAKES_OVER,
    Foreign,
    Homeless,
    Lacking,
    Locked,
    NotInstalled,
    Outdated,
    Retired,
    Settled,
    State,
    Stuck,
    Unclaimed,
)
from reconciler.plan.unlocked import unlocked
from reconciler.plan.wording import drifted, nothing


def build_plan(
    desired: Desired,
    own: tuple[OwnState, ...],
    states: Mapping[ReleaseId, State],
    previews: Mapping[Target, TargetPreview],
    notes: tuple[Check, ...] = (),
    consent: Consent = NO_CONSENT,
) -> Plan:
    """What to do to make the clusters as desired; `previews` has all that is not as it should be.

    `notes` are what is worth to be known beside it.
    """
    mask = desired.mask
    leaves = leaves_of(desired, consent)
    actions = [own_action(state, previews.get(state.target, NOTHING_ASKED), leaves) for state in own]
    for release in desired.releases:
        preview = previews.get(release.id, NOTHING_ASKED).permitted(release.id, leaves)
        action = _Decision(desired.name, release, preview, leaves).action(states[release.id])
        actions.append(replace(action, chart=release.chart.identity if release.chart else None))
    warnings = dict.fromkeys(masked(note, mask) for note in (*unlocked(desired), *notes))
    ordered = in_order(located(actions, desired), desired)
    return Plan(desired.name, ordered, tuple(warnings), tuple(leaves.refusals(ordered)))


@dataclass(frozen=True, slots=True)
class _Decision:
    """Decides about one release."""

    environment: str
    release: Release
    preview: TargetPreview
    leaves: Leaves

    @property
    def mask(self) -> Mask:
        return self.leaves.mask

    def action(self, state: State) -> Action:
        cause, refusal = self._obstacle(state)
        if refusal:
            return Action(ActionKind.BLOCKED, self.release.id, refusal, (), frozenset(), None, cause)
        hazards = self._hazards(state)
        risks = tuple(self.leaves.label(hazard, self.release.id) for hazard in hazards)
        done = self._done(state)
        refusals = (*self.preview.refusals, *(self.leaves.lacking(hazards, self.release.id) if done.work else ()))
        if refusals:
            reason = "; ".join(map(self.mask.text, refusals))
            return Action(ActionKind.BLOCKED, self.release.id, reason, (), frozenset(), None, risks=risks)
        return replace(done, risks=risks if done.work else ())

    def _hazards(self, state: State) -> tuple[Hazard, ...]:
        record = [Hazard(Risk.NEAR_SIZE_LIMIT, None, self.preview.record)] if self.preview.record else []
        whole = release_hazards(state, self.release.chart)
        return (*whole, *object_hazards(self.preview.objects), *record)

    def _done(self, state: State) -> Action:
        match state:
            case NotInstalled():
                return self._write(ActionKind.INSTALL, "not installed", 1, None)
            case Outdated(stored, reasons):
                reason = self.mask.text("; ".join(reasons))
                return self._write(ActionKind.UPGRADE, reason, stored.revision + 1, None)
            case Unclaimed(stored):
                return self._claim(stored)
            case Stuck(stored):
                reason = repair_reason(state)
                return self._write(ActionKind.UPGRADE, reason, stored.revision + 1, stored.revision)
            case Settled(stored):
                return self._correct(stored.revision)
        raise AssertionError(f"no decision for {type(state).__name__}")

    def _obstacle(self, state: State) -> tuple[Cause | None, str]:
        """Why it cannot be done in this state, whatever becomes of its objects; empty when it can."""
        match state:
            case Locked(stored, since):
                return Cause.OPERATION_IN_PROGRESS, in_progress(stored, since)
            case Homeless():
                return Cause.NAMESPACE_MISSING, (
                    f"namespace {self.release.id.namespace} does not exist, and `manage: false` leaves it to others: "
                    "create it, or remove `manage: false`"
                )
            case Lacking():
                return Cause.NEED_MISSING, self.mask.text(state.reason)
            case Retired():
                name, namespace = self.release.id.name, self.release.id.namespace
                return Cause.HISTORY_LEFT, (
                    "it was uninstalled and its history was kept, which Helm does not install over; "
                    f"drop the history with `helm uninstall {name} -n {namespace}`"
                )
            case Foreign(_, environment):
                reason = f'it belongs to the environment "{environment}"; rename it, or remove it there first'
                return Cause.RELEASE_TAKEN, reason
        return None, ""

    def _write(self, kind: ActionKind, reason: str, revision: int, repair: int | None) -> Action:
        checks = tuple(
            (item.id.kind, item.desired)
            for item in self.preview.objects
            if item.desired is not None and not item.verified and not item.obstacles
        )
        description = f"reconciler: {reason}"
        first = tuple(preparations(self.preview.objects, self.release.id))
        work = WriteRelease(self.release, self.environment, revision, repair, checks, description, first)
        return Action(kind, self.release.id, reason, self.preview.changes(self.mask, HELM_MANAGER), frozenset(), work)

    def _claim(self, stored: StoredRelease) -> Action:
        """An upgrade marks it as ours; where it would change nothing, that waits for one that does."""
        if not self.preview.changes(self.mask, HELM_MANAGER):
            return nothing(self.release.id)
        return self._write(ActionKind.UPGRADE, TAKES_OVER, stored.revision + 1, None)

    def _correct(self, revision: int) -> Action:
        changes = self.preview.changes(self.mask, HELM_MANAGER)
        if not changes:
            return nothing(self.release.id)
        changed = {found.id for found in changes}
        items = tuple(
            (item.id.kind, item.desired) for item in self.preview.objects if item.id in changed and item.desired
        )
        first = tuple(preparations(self.preview.objects, self.release.id))
        work = ApplyObjects(items, HELM_MANAGER, self.release.impersonate, first, revision)
        return Action(ActionKind.CORRECT, self.release.id, drifted(changes), changes, frozenset(), work)
