"""Where the sandbox keeps its things."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME_VARIABLE = "RECONCILE_SANDBOX_HOME"

# A name becomes a folder and part of a kubeconfig's context, so it is as strict as a Kubernetes label.
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def cache_folder(environment: Mapping[str, str]) -> Path:
    """The user's cache folder for this program: `$XDG_CACHE_HOME` or `~/.cache`, then `reconciler`."""
    configured = environment.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path there is invalid and to be ignored.
    base = Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"
    return base / "reconciler"


def programs_folder(environment: Mapping[str, str]) -> Path:
    """Where prepared programs are kept, each in a folder that says its version and platform."""
    return cache_folder(environment) / "programs"


def sandboxes_folder(environment: Mapping[str, str]) -> Path:
    """Where sandboxes live, one folder each: `$RECONCILE_SANDBOX_HOME`, or in the cache folder."""
    configured = environment.get(HOME_VARIABLE, "")
    return Path(configured).absolute() if configured else cache_folder(environment) / "sandbox"


@dataclass(frozen=True, slots=True)
class SandboxPaths:
    """The files of one sandbox."""

    root: Path

    @property
    def lock(self) -> Path:
        # Beside the folder: the folder is deleted while the lock is held.
        return self.root.with_name(f".{self.root.name}.lock")

    @property
    def state(self) -> Path:
        return self.root / "state.json"

    @property
    def kubeconfig(self) -> Path:
        return self.root / "kubeconfig"

    @property
    def audit_log(self) -> Path:
        return self.root / "audit.log"

    @property
    def audit_policy(self) -> Path:
        return self.root / "audit-policy.yaml"

    @property
    def stages(self) -> Path:
        return self.root / "kwok.yaml"

    @property
    def etcd_data(self) -> Path:
        return self.root / "etcd"

    @property
    def pki(self) -> Path:
        return self.root / "pki"

    @property
    def ca(self) -> Path:
        return self.pki / "ca.crt"

    @property
    def serving_cert(self) -> Path:
        return self.pki / "serving.crt"

    @property
    def serving_key(self) -> Path:
        return self.pki / "serving.key"

    @property
    def service_account_key(self) -> Path:
        return self.pki / "service-account.key"

    @property
    def service_account_public_key(self) -> Path:
        return self.pki / "service-account.pub"

    @property
    def tokens(self) -> Path:
        return self.pki / "tokens.csv"

    def component_kubeconfig(self, component: str) -> Path:
        """The kubeconfig by which one component of the control plane reaches the API server."""
        return self.pki / f"{component}.kubeconfig"

    def log(self, component: str) -> Path:
        """What one component has printed."""
        return self.root / "logs" / f"{component}.log"


def sandbox_paths(home: Path, name: str) -> SandboxPaths:
    """The files of the sandbox `name` under `home`.

    Raises:
        SandboxError: the name is not made of lower-case letters, digits and inner hyphens.
    """
    if not _NAME.fullmatch(name):
        raise SandboxError(
            f"cannot use {name!r} as the name of a sandbox",
            hint="lower-case letters, digits and inner hyphens, at most 63 characters",
        )
    return SandboxPaths(home.absolute() / name)
