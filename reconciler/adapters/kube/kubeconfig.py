"""A kubeconfig → what a connection needs.

The plain kinds of credentials are read here; those that a program or an identity provider gives are asked for in
`plugins.py`.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.adapters.kube.document import Selected, malformed, selected
from reconciler.adapters.kube.impersonation import impersonation
from reconciler.model.desired import ClusterAccess
from reconciler.model.json import Json, JsonMap, text_at

_BY_PLUGIN = ("exec", "auth-provider")


@dataclass(frozen=True, slots=True)
class Connection:
    """Where an API server is, whom to trust, and who we are. Certificates and keys are PEM texts.

    Attributes:
        server: its URL, without a slash at the end.
        authority: the certificate authority; None means the system's.
        verify: False trusts any server; only when the kubeconfig says so.
        token_file: where the token is, which may be renewed there at any time; wins over `token`.
        impersonation: the headers that say as whom requests are made.
        access: what it was made of, so that it can be made anew.
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
    token_file: Path | None = None
    impersonation: tuple[tuple[str, str], ...] = ()
    access: ClusterAccess | None = field(default=None, compare=False, repr=False)


def connection(access: ClusterAccess) -> Connection:
    """The connection that a cluster's kubeconfig describes.

    Raises:
        ClusterError: it is malformed or incomplete, or asks for what is not allowed (see `selected`).
    """
    chosen = selected(access)
    plain = _plain(access, chosen)
    if not any(key in chosen.user for key in _BY_PLUGIN):
        return plain
    from reconciler.adapters.kube.plugins import credentials  # noqa: PLC0415 - few kubeconfigs need it

    given = credentials(access, chosen.cluster, chosen.user)
    return replace(plain, token=given.token, certificate=given.certificate, key=given.key, basic=None)


def _plain(access: ClusterAccess, chosen: Selected) -> Connection:
    cluster, user = chosen.cluster, chosen.user
    username, password = text_at(user, "username"), text_at(user, "password")
    token_file = text_at(user, "tokenFile")
    return Connection(
        server=text_at(cluster, "server").rstrip("/"),
        authority=_pem(access, cluster, "certificate-authority"),
        verify=cluster.get("insecure-skip-tls-verify") is not True,
        tls_server_name=text_at(cluster, "tls-server-name") or None,
        token=None if token_file else text_at(user, "token").strip() or None,
        token_file=Path(token_file) if token_file else None,
        basic=(username, password) if username else None,
        certificate=_pem(access, user, "client-certificate"),
        key=_pem(access, user, "client-key"),
        proxy=text_at(cluster, "proxy-url") or None,
        impersonation=tuple(impersonation(user)),
        access=access,
    )


def _pem(access: ClusterAccess, entry: JsonMap, key: str) -> str | None:
    """A certificate or key: `KEY-data` in base64 wins over the file that `KEY` names, as in kubectl."""
    encoded: Json = entry.get(f"{key}-data")
    if isinstance(encoded, str) and encoded:
        try:
            # In several lines too, as Go reads it.
            return base64.b64decode("".join(encoded.split()), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise malformed(access, f"`{key}-data` is no base64") from error
    path = text_at(entry, key)
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise malformed(access, f"{path} cannot be read: {reason.lower()}") from error
