"""What the desired state is read from, behind interfaces: files of the project, encrypted files, variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from reconciler.errors import Location
from reconciler.model.json import Json
from reconciler.model.oci import Credentials
from reconciler.model.references import AS_READ, References


class ProjectFiles(Protocol):
    """The files of one project; nothing outside its root is read through it."""

    root: Path

    def locate(self, name: str, where: Location | None) -> Path:
        """The existing file or folder that `name` means in the file of `where` (None: as typed by the user).

        Raises DesiredStateError: it is missing (with the nearest name there is), or lies outside the root.
        """
        ...

    def called(self, name: str, where: Location | None) -> str:
        """What that which `name` means is called below the root, wherever the user stands; it may be missing."""
        ...

    def shown(self, path: Path) -> str:
        """How messages name a path: relative to where the user stands, if it is below."""
        ...

    def exists(self, path: Path) -> bool:
        """Whether there is something at a path; for files that need not be there."""
        ...

    def text(self, path: Path, where: Location | None) -> str:
        """The text of a located file. Raises DesiredStateError: it is a folder, no UTF-8, too large, unreadable."""
        ...

    def secret_text(self, path: Path, where: Location) -> str:
        """The same, of a file that a reference to a secret names."""
        ...

    def credential_text(self, name: str, where: Location) -> tuple[Path, str]:
        """A kubeconfig's path and text; as an exception it may lie anywhere, and `~` is the home folder."""
        ...


class Decryptor(Protocol):
    """Opens files encrypted with SOPS."""

    def decrypt(self, path: Path, where: Location) -> Json:
        """The values in a file. Raises DesiredStateError: no key for it, or it is no SOPS file."""
        ...


class CredentialHelpers(Protocol):
    """Asks Docker's credential helpers for logins of registries."""

    def login(self, helper: str, server: str, where: Location) -> Credentials:
        """The login that `docker-credential-HELPER` has for a registry.

        Raises DesiredStateError: it is not installed, fails, has none, or takes too long.
        """
        ...


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a load may read.

    Attributes:
        references: has the last word about what references hold; clusters' credentials are none of its business.
        withheld: variables that what is loaded may not name, since they are those of whoever loads it.
        checkouts: the folder with the checkouts of a repository, whose kubeconfigs run nothing here; None: the files
            are the user's own.
        service_account: the folder into which a kubelet puts the token of a pod's ServiceAccount.
    """

    files: ProjectFiles
    decryptor: Decryptor
    environ: Mapping[str, str] = field(repr=False)
    helpers: CredentialHelpers
    references: References = AS_READ
    withheld: frozenset[str] = frozenset()
    checkouts: Path | None = None
    service_account: Path = Path("/var/run/secrets/kubernetes.io/serviceaccount")
