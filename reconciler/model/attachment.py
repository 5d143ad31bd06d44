"""Pull secrets attached to ServiceAccounts: which entries are ours, and what a ServiceAccount should hold.

`imagePullSecrets` is one atomic list to the API server: whoever applies it owns all of it. So others' entries are sent
along as they are, and an annotation remembers which ones an environment added.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.identity import Kind
from reconciler.model.json import Json, JsonMap, text_at

ACCOUNT = Kind("v1", "ServiceAccount")
# The account that pods have when they name none; made by a controller, with its namespace.
DEFAULT_ACCOUNT = "default"
# On a ServiceAccount, with the environment's name after it: several environments may attach to one account.
_ADDED = "pull-secrets.reconciler/"
# On a namespace: the accounts that its environment attaches to, so that one that the file drops is found again.
ATTACHED_ACCOUNTS = "reconciler/pull-secret-accounts"


def attached(live: JsonMap, namespace: str, name: str, environment: str, secrets: Sequence[str]) -> JsonMap:
    """What a ServiceAccount should hold: others' entries, and these secrets; what else we had added is gone."""
    entries = live.get("imagePullSecrets")
    there = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    known = {text_at(entry, "name") for entry in there}
    mark = _ADDED + environment
    ours = _listed(live, mark)
    dropped = ours.difference(secrets)
    added = [secret for secret in dict.fromkeys(secrets) if secret not in known]
    marked = sorted(ours.intersection(secrets).union(added))
    kept: list[Json] = [entry for entry in there if text_at(entry, "name") not in dropped]
    annotations: JsonMap = {mark: ",".join(marked)} if marked else {}
    return {
        "apiVersion": ACCOUNT.api_version,
        "kind": ACCOUNT.name,
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations},
        "imagePullSecrets": [*kept, *({"name": secret} for secret in added)],
    }


def added_by(item: JsonMap, environment: str) -> frozenset[str]:
    """The pull secrets that an environment added to a ServiceAccount."""
    return _listed(item, _ADDED + environment)


def accounts_of(namespace: JsonMap) -> frozenset[str]:
    """The ServiceAccounts of a live namespace that its environment has attached pull secrets to."""
    return _listed(namespace, ATTACHED_ACCOUNTS)


def _listed(item: JsonMap, annotation: str) -> frozenset[str]:
    return frozenset(filter(None, text_at(item, "metadata", "annotations", annotation).split(",")))
