"""ServiceAccounts that pull secrets are attached to: what they should hold, and which are ours no longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.model.attachment import ACCOUNT, DEFAULT_ACCOUNT, accounts_of, added_by, attached
from reconciler.model.desired import Desired
from reconciler.model.identity import AccountId, ObjectId
from reconciler.model.json import JsonMap, text_at
from reconciler.model.observed import Observed
from reconciler.model.ownership import ENVIRONMENT
from reconciler.model.plan import AttachPullSecrets
from reconciler.plan.own import OwnState, holds


def classify_accounts(desired: Desired, observed: Observed) -> Iterator[OwnState]:
    """The state of every account that the environment attaches to, or did before."""
    for identity, secrets in _wanted(desired, observed).items():
        live = observed.clusters[identity.cluster].accounts.get(identity)
        if live is not None or secrets is not None:
            yield _state(desired.name, identity, secrets or (), live)


def _wanted(desired: Desired, observed: Observed) -> Mapping[AccountId, tuple[str, ...] | None]:
    """Account → its pull secrets; None: the file names it no longer."""
    dropped = {
        AccountId(namespace.id.cluster, namespace.id.name, name): None
        for namespace in desired.namespaces
        for live in [observed.clusters[namespace.id.cluster].namespaces.get(namespace.id, {})]
        if text_at(live, "metadata", "labels", ENVIRONMENT) == desired.name
        for name in sorted(accounts_of(live))
    }
    return {**dropped, **{account.id: account.secrets for account in desired.accounts}}


def _state(environment: str, target: AccountId, secrets: tuple[str, ...], live: JsonMap | None) -> OwnState:
    item = attached(live or {}, target.namespace, target.name, environment, secrets)
    work = AttachPullSecrets(target, environment, secrets)
    taken = None
    if live is None and target.name != DEFAULT_ACCOUNT:
        taken = "it does not exist: make it first, or let the chart that makes it name the pull secret"
    identity = ObjectId(ACCOUNT, target.namespace, target.name)
    reason = _reason(live or {}, item, environment)
    return OwnState(target, identity, item, live, holds(live, item), taken, work, reason)


def _reason(live: JsonMap, item: JsonMap, environment: str) -> str | None:
    before, after = added_by(live, environment), added_by(item, environment)
    parts = (("attaches", after - before), ("detaches", before - after))
    return "; ".join(f"{verb} {', '.join(sorted(names))}" for verb, names in parts if names) or None
