"""A kubeconfig → what a connection needs.

The plain kinds of credentials are read here, since importing the `kubernetes` library takes longer than a whole plan;
plugins and identity providers are left to that library.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.errors import ClusterError
from reconciler.model.desired import ClusterAccess
from reconciler.model.json import Json, JsonMap, as_map, text_at
from reconciler.yaml.compose import YamlError
from reconciler.yaml.plain import load

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_BY_LIBRARY = ("exec", "auth-provider")


@dataclass(frozen=True, slots=True)
class Connection:
    """Where an API server is, whom to trust, and who we are. Certificates and keys are PEM texts.

    Attributes:
        server: its URL, without a slash at the end.
        authority: the certificate authority; None means the system's.
        verify: False trusts any server; only when the kubeconfig says so.
    """

    server: str
    authority: str | None = field(repr=False)
    verify: bool
    tls_server_name: str | None
    token: str | None = field(repr=False)
    basic: tuple[str, str] | None = field(repr=False)
    certificate: str | None = field(repr=False)
    key: str | None = field(repr=False)
    proxy: str | None


def connection(access: ClusterAccess) -> Connection:
    """The connection that a cluster's kubeconfig describes.

    Raises:
        ClusterError: it is malformed, incomplete, or names a context that it does not have.
    """
    if access.kubeconfig is None:
        return _in_cluster(access)
    document = _document(access, access.kubeconfig.reveal())
    context_name = access.context or text_at(document, "current-context")
    context = _named(access, document, "context", context_name)
    cluster = _named(access, document, "cluster", text_at(context, "cluster"))
    user = _named(access, document, "user", text_at(context, "user")) if text_at(context, "user") else {}
    plain = _plain(access, cluster, user)
    if not any(key in user for key in _BY_LIBRARY):
        return plain
    from reconciler.adapters.kube.plugins import credentials  # noqa: PLC0415 - imports `kubernetes`

    given = credentials(access, cluster, user)
    return replace(plain, token=given.token, certificate=given.certificate, key=given.key, basic=None)


def _plain(access: ClusterAccess, cluster: JsonMap, user: JsonMap) -> Connection:
    server = text_at(cluster, "server")
    if not server.startswith(("https://", "http://")):
        raise _malformed(access, f'"{server}" is no address of an API server')
    username, password = text_at(user, "username"), text_at(user, "password")
    token_file = text_at(user, "tokenFile")
    token = (_read(access, token_file) if token_file else text_at(user, "token")).strip()
    return Connection(
        server=server.rstrip("/"),
        authority=_pem(access, cluster, "certificate-authority"),
        verify=cluster.get("insecure-skip-tls-verify") is not True,
        tls_server_name=text_at(cluster, "tls-server-name") or None,
        token=token or None,
        basic=(username, password) if username else None,
        certificate=_pem(access, user, "client-certificate"),
        key=_pem(access, user, "client-key"),
        proxy=text_at(cluster, "proxy-url") or None,
    )


def _document(access: ClusterAccess, text: str) -> JsonMap:
    try:
        document = load(text)
    except YamlError as error:
        # The problem alone: the text around it may hold a token.
        raise _malformed(access, f"line {error.mark.line + 1}: {error.problem}") from error
    if not isinstance(document, dict) or not isinstance(document.get("clusters"), list):
        raise _malformed(access, "it has no `clusters`")
    return document


def _named(access: ClusterAccess, document: JsonMap, kind: str, name: str) -> JsonMap:
    entries = document.get(f"{kind}s")
    by_name = {text_at(entry, "name"): entry for entry in entries} if isinstance(entries, list) else {}
    if name not in by_name:
        known = ", ".join(by_name) or "none"
        what = f'there is no {kind} "{name}" in it' if name else f"it names no current {kind}"
        raise ClusterError(
            f"cluster {access.name}: the kubeconfig is of no use: {what}",
            where=access.where,
            hint=f"set `context:` to one of: {known}" if kind == "context" else f"{kind}s in it: {known}",
        )
    return as_map(as_map(by_name[name]).get(kind))


def _pem(access: ClusterAccess, entry: JsonMap, key: str) -> str | None:
    """A certificate or key: `KEY-data` in base64 wins over the file that `KEY` names, as in kubectl."""
    encoded: Json = entry.get(f"{key}-data")
    if isinstance(encoded, str) and encoded:
        try:
            # In several lines too, as Go reads it.
            return base64.b64decode("".join(encoded.split()), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise _malformed(access, f"`{key}-data` is no base64") from error
    path = text_at(entry, key)
    return _read(access, path) if path else None


def _read(access: ClusterAccess, path: str) -> str:
    try:
        return (access.base / path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise _malformed(access, f"{path} cannot be read: {reason.lower()}") from error


def _malformed(access: ClusterAccess, problem: str) -> ClusterError:
    return ClusterError(
        f"cluster {access.name}: the kubeconfig is of no use: {problem}",
        where=access.where,
        hint="check it with `kubectl --kubeconfig FILE config view`; a variable has to hold the full content, no path",
    )


def _in_cluster(access: ClusterAccess) -> Connection:
    token = SERVICE_ACCOUNT / "token"
    if not token.exists():
        raise ClusterError(
            f"cluster {access.name}: `inCluster` works only inside a pod, this is none",
            where=access.where,
            hint="outside of the cluster use `kubeconfig: {file: …}` or `{env: …}`",
        )
    return Connection(
        server="https://kubernetes.default.svc",
        authority=(SERVICE_ACCOUNT / "ca.crt").read_text(),
        verify=True,
        tls_server_name=None,
        token=token.read_text().strip(),
        basic=None,
        certificate=None,
        key=None,
        proxy=None,
    )
