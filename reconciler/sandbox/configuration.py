"""The files that a control plane is started with: who may come in, by which kubeconfig, and what is logged."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from reconciler.sandbox.files import write_private

if TYPE_CHECKING:
    from reconciler.sandbox.paths import SandboxPaths

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Account:
    """A user that the API server knows by a random token."""

    name: str
    user: str
    groups: tuple[str, ...] = ()


# Each component is its own user, so that the audit log tells what people and tests did from what it did.
ACCOUNTS = (
    Account(ADMIN, ADMIN, ("system:masters",)),
    Account("kube-controller-manager", "system:kube-controller-manager"),
    Account("kube-scheduler", "system:kube-scheduler"),
    Account("kwok", "system:kwok", ("system:masters",)),
    Account("sandbox", "system:sandbox", ("system:masters",)),
)


def write_configuration(paths: SandboxPaths, name: str, server: str) -> None:
    """Write the tokens, a kubeconfig for each account, and the audit policy; the CA must be there already."""
    ca = paths.ca.read_bytes()
    lines: list[str] = []
    for account in ACCOUNTS:
        token = secrets.token_urlsafe(32)
        lines.append(f'{token},{account.user},{account.name},"{",".join(account.groups)}"')
        target = paths.kubeconfig if account.name == ADMIN else paths.component_kubeconfig(account.name)
        write_private(target, kubeconfig(f"reconciler-{name}", server, ca, token))
    write_private(paths.tokens, "\n".join(lines) + "\n")
    write_private(paths.audit_policy, yaml.safe_dump(audit_policy(), sort_keys=False))


def kubeconfig(context: str, server: str, ca: bytes, token: str) -> str:
    """A kubeconfig that needs no other file: the authority and the token are inside it."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
        "clusters": [
            {
                "name": context,
                "cluster": {
                    "server": server,
                    "certificate-authority-data": base64.b64encode(ca).decode("ascii"),
                },
            }
        ],
        "users": [{"name": context, "user": {"token": token}}],
    }
    return yaml.safe_dump(document, sort_keys=False)


def audit_policy() -> dict[str, Any]:
    """Log every request, without its content: who did what to which object, and how it ended."""
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [{"level": "Metadata"}],
    }
