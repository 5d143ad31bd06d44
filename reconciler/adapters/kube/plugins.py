"""Credentials that a kubeconfig does not hold: by a program, or by an identity provider."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.adapters.kube.programs import ProgramError, ask_program
from reconciler.errors import ClusterError
from reconciler.model.desired import ClusterAccess
from reconciler.model.json import JsonMap, as_map, text_at


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
    found = _by_program(access, cluster, user) if "exec" in user else _by_provider(access, cluster, user)
    if not found.token and not (found.certificate and found.key):
        raise _failed(access, "it gave neither a token nor a certificate with its key")
    return found


def _by_program(access: ClusterAccess, cluster: JsonMap, user: JsonMap) -> Credentials:
    try:
        status = ask_program(access, cluster, as_map(user["exec"]))
    except ProgramError as error:
        raise _failed(access, str(error)) from error
    return Credentials(
        text_at(status, "token") or None,
        text_at(status, "clientCertificateData") or None,
        text_at(status, "clientKeyData") or None,
    )


def _by_provider(access: ClusterAccess, cluster: JsonMap, user: JsonMap) -> Credentials:
    from reconciler.adapters.kube.providers import FAILURES, ask_provider  # noqa: PLC0415 - imports `kubernetes`

    try:
        return Credentials(ask_provider(cluster, user))
    except FAILURES as error:
        raise _failed(access, str(error)) from error


def _failed(access: ClusterAccess, why: str) -> ClusterError:
    return ClusterError(
        f"cluster {access.name}: its credentials plugin failed: {why}",
        where=access.where,
        hint="run `kubectl get --raw /version` with the same kubeconfig to see the plugin's own message",
    )
