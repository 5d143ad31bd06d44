"""Credentials by plugin or identity provider, through the official `kubernetes` library."""

from __future__ import annotations

from dataclasses import dataclass, field

from kubernetes.client import Configuration
from kubernetes.config import ConfigException, load_kube_config_from_dict
from kubernetes.config.exec_provider import ExecProvider
from kubernetes.config.kube_config import ConfigNode

from reconciler.errors import ClusterError
from reconciler.model.desired import ClusterAccess
from reconciler.model.json import JsonMap, as_map, text_at

# Under which name the library keeps a token, in this version and in those before 36.
_TOKEN_KEYS = ("BearerToken", "authorization")


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, or a client certificate with its key (PEM texts)."""

    token: str | None = field(repr=False)
    certificate: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)


def credentials(access: ClusterAccess, cluster: JsonMap, user: JsonMap) -> Credentials:
    """What the plugin or provider of a kubeconfig's user gives.

    Raises:
        ClusterError: it gave no credentials.
    """
    try:
        found = _by_plugin(access, cluster, user) if "exec" in user else _by_provider(cluster, user)
    except (ConfigException, OSError, ValueError, KeyError, TypeError) as error:
        # The library checks little of what a plugin prints, and of what the kubeconfig says about it.
        raise _failed(access, str(error)) from error
    if not found.token and not (found.certificate and found.key):
        raise _failed(access, "it gave neither a token nor a certificate with its key")
    return found


def _by_plugin(access: ClusterAccess, cluster: JsonMap, user: JsonMap) -> Credentials:
    plugin = ConfigNode("user/exec", dict(as_map(user["exec"])))  # type: ignore[no-untyped-call]  # no types there
    about = ConfigNode("cluster", dict(cluster))  # type: ignore[no-untyped-call]  # the same
    status = ExecProvider(plugin, str(access.base or ""), about).run()  # type: ignore[no-untyped-call]  # the same
    return Credentials(
        text_at(status, "token") or None,
        text_at(status, "clientCertificateData") or None,
        text_at(status, "clientKeyData") or None,
    )


def _by_provider(cluster: JsonMap, user: JsonMap) -> Credentials:
    # Of the cluster only its address: its files are read by us, beside the kubeconfig.
    document = {
        "clusters": [{"name": "cluster", "cluster": {"server": text_at(cluster, "server")}}],
        "users": [{"name": "user", "user": dict(user)}],
        "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
        "current-context": "context",
    }
    settings = Configuration()
    load_kube_config_from_dict(document, client_configuration=settings, persist_config=False)  # type: ignore[no-untyped-call]  # the same
    bearer = next((settings.api_key[key] for key in _TOKEN_KEYS if key in settings.api_key), "")
    return Credentials(bearer.removeprefix("Bearer ") or None)


def _failed(access: ClusterAccess, why: str) -> ClusterError:
    return ClusterError(
        f"cluster {access.name}: its credentials plugin failed: {why}",
        where=access.where,
        hint="run `kubectl get --raw /version` with the same kubeconfig to see the plugin's own message",
    )
