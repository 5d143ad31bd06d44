"""What of a plan is left for later: what failed lately, with all that needs it, and drift that is only shown."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Container, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.daemon.timing import Attempts
from reconciler.model.desired import Release
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.outcome import Outcome, Result
from reconciler.model.plan import Action, ActionKind, ApplyObjects, AttachPullSecrets, Plan, Work, WriteRelease
from reconciler.plan.own import OwnState
from reconciler.plan.states import Settled, State

# What is there, and not as the file says; what is gone is CREATE or INSTALL.
_DIFFERS = (ActionKind.UPDATE, ActionKind.UPGRADE)


@dataclass(frozen=True, slots=True)
class Held:
    """A plan without what is left for later.

    Attributes:
        until: what is left → when it may be tried.
    """

    plan: Plan
    until: Mapping[Target, float]


def hold_back(plan: Plan, attempts: Attempts[Target], now: float) -> Held:
    """Leave out what failed and is not to be tried yet, and what needs it.

    What is left out does nothing, so that the rest of the plan is carried out; another version of it is tried at once.
    """
    until: dict[Target, float] = {}
    actions = []
    for action in plan.actions:  # each comes after what it needs
        own = attempts.ready_at(action.target, wanted(action)) if action.work else now
        moment = max([own, *(until[need] for need in action.needs if need in until and action.work)])
        if moment > now:
            until[action.target] = moment
        actions.append(_left(action, "it failed, and is tried again later") if moment > now else action)
    return Held(replace(plan, actions=tuple(actions)), until)


def leave_drift(plan: Plan, in_place: Mapping[Target, Hashable]) -> Plan:
    """Without the corrections of what somebody else changed. What is gone altogether is made again.

    Args:
        in_place: what was as it should be before → what that was, as of `settled`.
    """
    actions = (_shown(action) if _is_drift(action, in_place) else action for action in plan.actions)
    return replace(plan, actions=tuple(actions))


def settled(
    own: Iterable[OwnState], releases: Iterable[Release], states: Mapping[ReleaseId, State]
) -> Mapping[Target, Hashable]:
    """What of an environment is as it should be → a digest of what that is.

    A release is when its record is, whatever became of its objects.
    """
    return {
        **{state.target: _digest(state.work) for state in own if state.as_it_should_be},
        **{item.id: _digest_of_release(item) for item in releases if isinstance(states[item.id], Settled)},
    }


def _is_drift(action: Action, in_place: Mapping[Target, Hashable]) -> bool:
    """Whether it is somebody else, and not the file, that made a difference."""
    return action.kind is ActionKind.CORRECT or (
        action.kind in _DIFFERS and action.work is not None and in_place.get(action.target) == wanted(action)
    )


def noted(
    attempts: Attempts[Target], outcome: Outcome, held: Container[Target], now: float, chance: Callable[[], float]
) -> Attempts[Target]:
    """What is held against whom after an outcome; nothing is learnt about what was held back."""
    for item in outcome.actions:
        target = item.action.target
        if item.result is Result.FAILED and item.action.work:
            attempts = attempts.failed(target, wanted(item.action), now, chance())
        elif item.result.is_in_place and target not in held:
            attempts = attempts.succeeded(target)
    return attempts


def wanted(action: Action) -> Hashable:
    """What an action is about to make: the same again has the same, so that a failure is known by it.

    A digest, since values hold secrets.
    """
    return _digest(action.work) or action.kind


def _digest(work: Work | None) -> str:
    """Of what it makes; empty: it makes nothing."""
    match work:
        case WriteRelease(release):
            return _digest_of_release(release)
        case ApplyObjects(items):
            return _digest_of([item for _, item in items])
        case AttachPullSecrets(secrets=secrets):
            return _digest_of(secrets)
    return ""


def _digest_of_release(release: Release) -> str:
    chart = release.chart.identity.digest if release.chart else ""
    return _digest_of((chart, release.values, release.replicas))


def _digest_of(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def _shown(action: Action) -> Action:
    return _left(action, f"{action.reason}; it is left")


def _left(action: Action, reason: str) -> Action:
    return replace(action, kind=ActionKind.NONE, reason=reason, work=None, changes=(), risks=())
