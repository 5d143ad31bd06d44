"""The ServiceAccounts that pull secrets are attached to."""

from __future__ import annotations

from reconciler.desired.schema import NamespaceSpec
from reconciler.desired.scope import Namespaces, Scope
from reconciler.model.desired import PullAccount
from reconciler.model.identity import AccountId


def accounts(scope: Scope, namespaces: Namespaces) -> tuple[PullAccount, ...]:
    """One for each account that a namespace names, with the pull secrets of the namespace."""
    return tuple(
        PullAccount(AccountId(home.id.cluster, home.id.name, name), _secrets(scope, spec), where)
        for key, spec in scope.spec.namespaces.items()
        if (home := namespaces.by_key.get(key))
        for where in [scope.at("namespaces", key, "attachPullSecrets")]
        for name in dict.fromkeys(spec.attach_pull_secrets)
    )


def _secrets(scope: Scope, spec: NamespaceSpec) -> tuple[str, ...]:
    """Their names in the cluster; one that the file lacks is reported where secrets are placed."""
    known = scope.spec.secrets
    return tuple(known[key].name or key for key in dict.fromkeys(spec.pull_secrets) if key in known)
