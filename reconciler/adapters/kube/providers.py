"""Credentials by the `auth-provider` of old kubeconfigs, through the official `kubernetes` library."""

from __future__ import annotations

from kubernetes.client import Configuration
from kubernetes.config import ConfigException, load_kube_config_from_dict

from reconciler.model.json import JsonMap, text_at

# Under which name the library keeps a token, in this version and in those before 36.
_TOKEN_KEYS = ("BearerToken", "authorization")
# The library checks little of what the kubeconfig says.
FAILURES = (ConfigException, OSError, ValueError, KeyError, TypeError)


def ask_provider(cluster: JsonMap, user: JsonMap) -> str | None:
    """The token that a user's provider gives. Raises one of FAILURES."""
    # Of the cluster only its address: its files are read by us, beside the kubeconfig.
    document = {
        "clusters": [{"name": "cluster", "cluster": {"server": text_at(cluster, "server")}}],
        "users": [{"name": "user", "user": dict(user)}],
        "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
        "current-context": "context",
    }
    settings = Configuration()
    load_kube_config_from_dict(document, client_configuration=settings, persist_config=False)  # type: ignore[no-untyped-call]  # no types there
    bearer = next((settings.api_key[key] for key in _TOKEN_KEYS if key in settings.api_key), "")
    return bearer.removeprefix("Bearer ") or None
