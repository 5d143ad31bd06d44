"""Clusters: how each is reached, whatever form its credentials have. All forms become a kubeconfig."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path

from reconciler.desired.identities import cluster_user
from reconciler.desired.schema import ClusterSpec, Source
from reconciler.desired.schema.clusters import KubeconfigSource
from reconciler.desired.scope import Scope
from reconciler.desired.sources import Sources
from reconciler.errors import DesiredStateError, Location
from reconciler.model.desired import ClusterAccess
from reconciler.model.inputs import Inputs
from reconciler.model.json import Json, JsonMap, as_map, text_at
from reconciler.model.secret import SecretText
from reconciler.yaml.compose import YamlError
from reconciler.yaml.plain import load

Kubeconfig = tuple[SecretText | None, Path | None]
"""Its text, and the folder of the files that it names; see ClusterAccess."""

_CREDENTIALS = ("token", "password", "client-key-data")
# https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens
_PROVIDER_CREDENTIALS = ("id-token", "refresh-token", "access-token", "client-secret")
_PEM = "-----BEGIN CERTIFICATE-----"


def clusters(scope: Scope) -> Mapping[str, ClusterAccess]:
    """Every cluster with its credentials."""
    found = {}
    for name, spec in scope.spec.clusters.items():
        with scope.problems.collecting():
            text, base = _kubeconfig(scope, name, spec)
            user = cluster_user(scope, name, spec)
            where = scope.at("clusters", name)
            within = _within(base, scope.inputs)
            if spec.plugins and within and scope.inputs.checkouts:
                raise _runs_nothing(scope, name)
            found[name] = ClusterAccess(name, text, spec.context, base, where, frozenset(spec.plugins), user, within)
    if not scope.known("clusters") and "clusters" in scope.written.entries:
        scope.problems.add("an environment needs at least one cluster", scope.at("clusters"))
    return found


def lone_cluster(source: KubeconfigSource, context: str | None, where: Location, inputs: Inputs) -> ClusterAccess:
    """A cluster that no environment names, such as the one for a daemon's Leases.

    Raises:
        DesiredStateError: its kubeconfig cannot be read.
    """
    if source.file is not None:
        path, text = inputs.files.credential_text(source.file, where)
        return ClusterAccess(_LONE, SecretText(text), context, path.parent, where)
    if source.env is not None:
        text = Sources(inputs).variable(source.env, where)
        decoded = _decoded(text)
        plain = decoded if decoded and _parsed(decoded) else text
        return ClusterAccess(_LONE, SecretText(plain), context, None, where)
    return ClusterAccess(_LONE, _of_pod(inputs), context, inputs.service_account, where)


_LONE = "leader"


def _kubeconfig(scope: Scope, name: str, spec: ClusterSpec) -> Kubeconfig:
    source = spec.kubeconfig
    if source is None:
        return _by_token(scope, name, spec), None
    if source.file is not None:
        at = scope.node("clusters", name, "kubeconfig", "file").where
        path, text = scope.inputs.files.credential_text(source.file, at)
        return _kept(scope, text), path.parent
    if source.env is not None:
        at = scope.node("clusters", name, "kubeconfig", "env").where
        return _from_variable(scope, source.env, at), None
    return _of_pod(scope.inputs), scope.inputs.service_account


def _within(base: Path | None, inputs: Inputs) -> Path | None:
    """Whoever writes into the project could else have any file of this machine sent to a server of theirs."""
    written = inputs.checkouts or inputs.files.root
    return inputs.files.root if base and base.is_relative_to(written) else None


def _runs_nothing(scope: Scope, name: str) -> DesiredStateError:
    return DesiredStateError(
        f"cluster {name}: a kubeconfig in the repository may run no program to log in",
        where=scope.at("clusters", name, "plugins"),
        hint="give the kubeconfig to the daemon, by a variable or a file of its machine",
    )


def _from_variable(scope: Scope, name: str, where: Location) -> SecretText:
    """A kubeconfig as it stands, or in base64 with line breaks anywhere, as CI systems keep it."""
    text = scope.access.variable(name, where)
    decoded = _decoded(text)
    if decoded is None or not _parsed(decoded):
        return _kept(scope, text)
    scope.keep_secret(SecretText(text))
    return _kept(scope, decoded)


def _decoded(text: str) -> str | None:
    """The text that is there in base64, or None."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _parsed(kubeconfig: str) -> JsonMap:
    """What it says; empty when it is none, which is said when the cluster is connected to."""
    try:
        return as_map(load(kubeconfig))
    except YamlError:
        return {}


def _kept(scope: Scope, text: str) -> SecretText:
    """A kubeconfig, of which what proves an identity is masked in all output."""
    users = _parsed(text).get("users")
    for entry in users if isinstance(users, list) else []:
        for key in _CREDENTIALS:
            scope.keep_secret(SecretText(text_at(entry, "user", key)))
        for key in _PROVIDER_CREDENTIALS:
            scope.keep_secret(SecretText(text_at(entry, "user", "auth-provider", "config", key)))
    return SecretText(text)


def _by_token(scope: Scope, name: str, spec: ClusterSpec) -> SecretText:
    if spec.server is None or spec.token is None:
        raise DesiredStateError(f"cluster {name} has no credentials", where=scope.at("clusters", name))
    token = scope.keep_secret(scope.access.text(spec.token, scope.at("clusters", name, "token")))
    cluster: dict[str, Json] = {"server": spec.server}
    if spec.ca:
        cluster["certificate-authority-data"] = _authority(scope, spec.ca, scope.at("clusters", name, "ca"))
    return SecretText(_document(cluster, {"token": token.reveal().strip()}))


def _authority(scope: Scope, source: Source, where: Location) -> str:
    """A certificate authority in base64, whether it was given so or as PEM."""
    text = scope.access.text(source, where).reveal()
    pem = text if _PEM in text else _decoded(text) or ""
    if _PEM not in pem:
        raise DesiredStateError(
            "this is no certificate authority: it has to be PEM, or PEM in base64",
            where=where,
            hint=f"it begins with {_PEM}; a kubeconfig has it under `certificate-authority-data`",
        )
    return base64.b64encode(pem.encode()).decode()


def _of_pod(inputs: Inputs) -> SecretText | None:
    """What a pod knows of its cluster: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/."""
    host, port = (inputs.environ.get(f"KUBERNETES_SERVICE_{word}") for word in ("HOST", "PORT"))
    if not host or not port:
        return None
    address = f"[{host}]" if ":" in host else host
    cluster: JsonMap = {"server": f"https://{address}:{port}", "certificate-authority": "ca.crt"}
    # The token stays a file, since the kubelet renews it; a copied one would expire.
    return SecretText(_document(cluster, {"tokenFile": "token"}))


def _document(cluster: JsonMap, user: JsonMap) -> str:
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "cluster", "cluster": cluster}],
            "users": [{"name": "user", "user": user}],
            "contexts": [{"name": "context", "context": {"cluster": "cluster", "user": "user"}}],
            "current-context": "context",
        }
    )
