"""What is needed and was not selected has to be in place already, since it is never applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.desired import Desired, Needs
from reconciler.model.identity import AccountId, NamespaceId, ReleaseId, SecretId, Target
from reconciler.model.observed import Observed, ReleaseStatus
from reconciler.model.standing import Condition, Health
from reconciler.plan.states import Lacking

HealthOf = Mapping[ReleaseId, Health]
NOBODY: HealthOf = {}


@dataclass(frozen=True, slots=True)
class Bystanders:
    """What was not selected.

    Attributes:
        selected: what is applied itself; its turn comes before what needs it.
        health: how the objects of needed releases are.
    """

    selected: frozenset[Target]
    observed: Observed
    health: HealthOf

    @classmethod
    def of(cls, desired: Desired, observed: Observed, health: HealthOf) -> Bystanders:
        """Of this part of an environment."""
        entries = (desired.namespaces, desired.secrets, desired.accounts, desired.releases)
        return cls(frozenset(item.id for items in entries for item in items), observed, health)

    def lacking(self, needs: Needs) -> Lacking | None:
        """The first of the needs that is not in place, or None. One that becomes healthy is waited for later."""
        for need in sorted(needs.keys() - self.selected, key=str):
            stands = self._trouble(need)
            if stands:
                return Lacking(str(need), stands)
        return None

    def _trouble(self, need: Target) -> str | None:
        cluster = self.observed.clusters[need.cluster]
        match need:
            case ReleaseId():
                return self._trouble_of_release(need)
            case NamespaceId():
                return None if need in cluster.namespaces else "not there"
            case SecretId():
                return None if need in cluster.secrets else "not there"
            case AccountId():
                return None if need in cluster.accounts else "not there"

    def _trouble_of_release(self, need: ReleaseId) -> str | None:
        stored = self.observed.release(need)
        if stored is None:
            return "not installed"
        if stored.status is not ReleaseStatus.DEPLOYED:
            return stored.status
        health = self.health.get(need)
        hopeless = health is not None and health.condition in (Condition.FAILED, Condition.MISSING)
        return f"not healthy ({health.reason})" if health and hopeless else None
