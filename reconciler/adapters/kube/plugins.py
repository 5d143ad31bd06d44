"""Credentials by plugin or identity provider, through the official `kubernetes` library."""

from __future__ import annotations

from pathlib import Path

from kubernetes.client import Configuration
from kubernetes.config import ConfigException, load_kube_config_from_dict

from reconciler.adapters.kube.kubeconfig import Connection
from reconciler.errors import ClusterError
from reconciler.model.desired import ClusterAccess
from reconciler.model.json import JsonMap


def connection_by_library(access: ClusterAccess, document: JsonMap, context: str) -> Connection:
    """The connection as `kubernetes.config` reads it, plugins run.

    Raises:
        ClusterError: the plugin or provider gave no credentials.
    """
    settings = Configuration()
    try:
        load_kube_config_from_dict(  # type: ignore[no-untyped-call]  # the library has no types here
            dict(document), context=context, client_configuration=settings, persist_config=False
        )
    except ConfigException as error:
        raise ClusterError(
            f"cluster {access.name}: its credentials plugin failed: {error}",
            where=access.where,
            hint="run `kubectl get --raw /version` with the same kubeconfig to see the plugin's own message",
        ) from error
    bearer = settings.get_api_key_with_prefix("authorization") or ""
    return Connection(
        server=str(settings.host).rstrip("/"),
        authority=_text(settings.ssl_ca_cert),
        verify=bool(settings.verify_ssl),
        tls_server_name=settings.tls_server_name,
        token=bearer.removeprefix("Bearer ") or None,
        basic=None,
        certificate=_text(settings.cert_file),
        key=_text(settings.key_file),
        proxy=settings.proxy,
    )


def _text(path: str | None) -> str | None:
    return Path(path).read_text(encoding="utf-8") if path else None
