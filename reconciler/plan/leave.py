"""Whether a risk may be taken: by the policy, and by what whoever runs the command allows this once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from reconciler.model.desired import Desired
from reconciler.model.identity import SecretId, Target
from reconciler.model.naming import matches, matches_any, name_of
from reconciler.model.observed import Preview
from reconciler.model.plan import Action, ActionKind, Refusal, RiskLabel
from reconciler.model.policy import DEFAULT_RISKS, NO_CONSENT, Consent, Leave, Policy, Risk
from reconciler.model.secret import Mask
from reconciler.plan.risks import Hazard, object_hazards

# What is not done unless somebody asks for it: without leave it blocks its target alone. Every other risk is one of
# what an apply was going to do, and without leave the plan is refused as a whole.
BLOCKING = (Risk.MUST_RECREATE, Risk.TAKES_OWNERSHIP)


@dataclass(frozen=True, slots=True)
class Leaves:
    """Gives leave, or says how it is given.

    Attributes:
        several: whether there are several clusters, so that names need theirs.
    """

    policy: Policy
    consent: Consent
    several: bool
    mask: Mask

    def label(self, hazard: Hazard, target: Target) -> RiskLabel:
        """A hazard of a target, with whether it may be."""
        return RiskLabel(hazard.risk, hazard.object, self.mask.text(hazard.message), self._leave(hazard, target))

    def permitted(self, previews: Iterable[Preview], target: Target) -> tuple[Preview, ...]:
        """The previews, without the refusals that leave is given for; to the others is added how to give it."""
        return tuple(self._permitted(preview, target) for preview in previews)

    def lacking(self, hazards: Iterable[Hazard], target: Target) -> list[str]:
        """Why a target is blocked: what it would take over as a whole, without leave."""
        labels = [self.label(hazard, target) for hazard in hazards if hazard.object is None]
        return [f"{label.message}; {self.way(label, target)}" for label in labels if _blocks(label)]

    def way(self, label: RiskLabel, target: Target) -> str:
        """How leave is given, as an instruction."""
        if label.leave is Leave.NEVER:
            return f"`policy.risks` says `{label.risk}: never`"
        place = f"{target.cluster}:" if self.several else ""
        name = f"{place}{name_of(label.object or target)}"
        return f"allow it with `--allow-recreate {name}`" if label.risk is Risk.MUST_RECREATE else _flag(label, name)

    def refusals(self, actions: Iterable[Action]) -> Iterator[Refusal]:
        """Why the plan must not be applied."""
        for action in actions:
            if action.kind is not ActionKind.BLOCKED:
                for label in action.risks:
                    if label.leave is not Leave.ALLOW:
                        yield self._refusal(label, action.target)

    def _refusal(self, label: RiskLabel, target: Target) -> Refusal:
        about = f"{label.object}: " if label.object else ""
        message, way = f"{target}: {about}{label.message}", self.way(label, target)
        if label.leave is Leave.NEVER:
            return Refusal(label.risk, f"{message}; {way}", None, (target,))
        return Refusal(label.risk, message, way, (target,))

    def _permitted(self, preview: Preview, target: Target) -> Preview:
        if not preview.obstacles:
            return preview
        labels = [self.label(hazard, target) for hazard in object_hazards([preview])]
        ways = [self.way(label, target) for label in labels if _blocks(label)]
        return replace(preview, refusal="; ".join([str(preview.refusal), *ways]) if ways else None)

    def _leave(self, hazard: Hazard, target: Target) -> Leave:
        item = hazard.object or target
        if hazard.risk is Risk.TAKES_OWNERSHIP and matches_any(self.policy.adopt, target.cluster, item):
            return Leave.ALLOW
        leave = self.policy.risks.get(hazard.risk, _default(hazard, target))
        return Leave.ALLOW if leave is Leave.ASK and self._is_consented(hazard, target) else leave

    def _is_consented(self, hazard: Hazard, target: Target) -> bool:
        item = hazard.object or target
        if hazard.risk is Risk.MUST_RECREATE and matches_any(self.consent.recreate, target.cluster, item):
            return True
        patterns = [pattern for risk, pattern in self.consent.risks if risk is hazard.risk]
        return any(matches(pattern, target.cluster, name) for pattern in patterns for name in (item, target))


def leaves_of(desired: Desired, consent: Consent = NO_CONSENT) -> Leaves:
    """What an environment's policy and whoever runs the command allow."""
    return Leaves(desired.policy, consent, len(desired.clusters) > 1, desired.mask)


def _flag(label: RiskLabel, name: str) -> str:
    return f"allow it with `--allow {label.risk}={name}`"


def _blocks(label: RiskLabel) -> bool:
    return label.risk in BLOCKING and label.leave is not Leave.ALLOW


def _default(hazard: Hazard, target: Target) -> Leave:
    """A release or namespace as a whole was named by somebody; what is in it was not."""
    whole = hazard.risk is Risk.TAKES_OWNERSHIP and hazard.object is None and not isinstance(target, SecretId)
    return Leave.ALLOW if whole else DEFAULT_RISKS[hazard.risk]
