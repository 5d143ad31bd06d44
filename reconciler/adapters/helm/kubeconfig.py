"""Kubeconfigs as files for Helm: complete in themselves, private, and gone when the engine closes."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.adapters.kube.kubeconfig import SERVICE_ACCOUNT
from reconciler.errors import EngineError
from reconciler.yaml.compose import YamlError
from reconciler.yaml.plain import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.desired import ClusterAccess

_CLUSTER_PATHS = ("certificate-authority",)
_USER_PATHS = ("client-certificate", "client-key", "tokenFile")


def kubeconfig_text(access: ClusterAccess, environ: Mapping[str, str], account: Path = SERVICE_ACCOUNT) -> str:
    """A kubeconfig that can lie in any folder: its relative paths are made absolute.

    Without a kubeconfig in `access` it is that of the pod's ServiceAccount. Text of the kubeconfig never
    gets into an error.

    Raises:
        EngineError: the kubeconfig is not one, or this is not a pod.
    """
    if access.kubeconfig is None:
        return json.dumps(_in_cluster(access, environ, account))
    config = _parse(access, access.kubeconfig.reveal())
    for cluster in _entries(config, "clusters", "cluster"):
        _absolute(cluster, _CLUSTER_PATHS, access.base)
    for user in _entries(config, "users", "user"):
        _absolute(user, _USER_PATHS, access.base)
        _absolute_command(user.get("exec"), access.base)
    return json.dumps(config)


class KubeconfigFiles:
    """One 0600 file for each cluster in a private folder, written when it is first asked for."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = environ
        self._lock = threading.Lock()
        self._written: dict[ClusterAccess, Path] = {}

    def path(self, access: ClusterAccess) -> Path:
        """The file with the kubeconfig of `access`."""
        with self._lock:
            if access not in self._written:
                path = self._folder / f"kubeconfig-{len(self._written)}"
                write_private(path, kubeconfig_text(access, self._environ))
                self._written[access] = path
            return self._written[access]


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner can read, from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _parse(access: ClusterAccess, text: str) -> dict[str, Any]:
    try:
        config = load(text)
    except YamlError as error:
        # The problem alone: the text around it may hold a token.
        raise _not_one(access, f"it is not valid YAML (its line {error.mark.line + 1})") from None
    if not isinstance(config, dict) or not config.get("clusters"):
        raise _not_one(access, "it has no `clusters`")
    return config


def _not_one(access: ClusterAccess, reason: str) -> EngineError:
    return EngineError(
        f"cannot read the kubeconfig of cluster {access.name}: {reason}",
        where=access.where,
        hint="the variable or file has to hold the full content of a kubeconfig",
    )


def _entries(config: dict[str, Any], listed: str, inner: str) -> list[dict[str, Any]]:
    entries = config.get(listed)
    found = [entry.get(inner) for entry in entries or () if isinstance(entry, dict)]
    return [entry for entry in found if isinstance(entry, dict)]


def _absolute(entry: dict[str, Any], keys: tuple[str, ...], base: Path) -> None:
    for key in keys:
        if entry.get(key):
            entry[key] = str(base.absolute() / str(entry[key]))


def _absolute_command(plugin: Any, base: Path) -> None:
    # As for kubectl: a bare name is searched in PATH, one with a slash is relative to the kubeconfig.
    if isinstance(plugin, dict) and "/" in str(plugin.get("command", "")):
        _absolute(plugin, ("command",), base)


def _in_cluster(access: ClusterAccess, environ: Mapping[str, str], account: Path) -> dict[str, Any]:
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    if not host or not port or not (account / "token").exists():
        raise EngineError(
            f"cannot reach cluster {access.name} as `inCluster`: this is no pod with a ServiceAccount",
            where=access.where,
            hint="give the cluster a `kubeconfig` when you run outside of it",
        )
    address = f"[{host}]" if ":" in host else host
    cluster = {"server": f"https://{address}:{port}", "certificate-authority": str(account / "ca.crt")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "in-cluster", "cluster": cluster}],
        # A token file is read again when the kubelet has renewed it; a copied token would expire.
        "users": [{"name": "in-cluster", "user": {"tokenFile": str(account / "token")}}],
        "contexts": [{"name": "in-cluster", "context": {"cluster": "in-cluster", "user": "in-cluster"}}],
        "current-context": "in-cluster",
    }
