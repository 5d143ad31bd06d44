"""Where an environment's files come from: a git repository, what is followed in it, and whom it is believed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from reconciler.model.secret import SecretText
from reconciler.model.versions import VersionRange

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from reconciler.model.git_address import GitAddress


@dataclass(frozen=True, slots=True)
class Branch:
    """The newest commit of a branch."""

    name: str

    def __str__(self) -> str:
        return f"branch {self.name}"


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag, wherever it points to."""

    name: str

    def __str__(self) -> str:
        return f"tag {self.name}"


@dataclass(frozen=True, slots=True)
class TagRange:
    """The tag with the highest version in a range; tags that are no versions are passed over."""

    versions: VersionRange

    def __str__(self) -> str:
        return f"tags {self.versions.text}"


Followed = Branch | Tag | TagRange


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """A login for https: a token takes the password's place."""

    username: str
    token: SecretText


@dataclass(frozen=True, slots=True)
class SshKey:
    """A login for ssh.

    Attributes:
        key: the private key, without a passphrase.
        known_hosts: the lines of a known_hosts file; a host that is not in them is not spoken to.
    """

    key: SecretText
    known_hosts: str


Login = TokenLogin | SshKey


@dataclass(frozen=True, slots=True)
class OpenPgpKeyring:
    """Whoever has a key in it is believed.

    Attributes:
        keys: public keys as `gpg --export` writes them, with or without `--armor`.
    """

    keys: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        """Others have another."""
        return hashlib.sha256(self.keys).hexdigest()


@dataclass(frozen=True, slots=True)
class AllowedSigners:
    """Whoever has a key in it is believed.

    Attributes:
        lines: an allowed-signers file, as `man ssh-keygen` describes it. git compares its `valid-before` with the
            commit's own date, which the signer chooses: who is no longer trusted has to be taken out.
    """

    lines: str

    @property
    def digest(self) -> str:
        """Others have another."""
        return hashlib.sha256(self.lines.encode()).hexdigest()


Verification = OpenPgpKeyring | AllowedSigners


@dataclass(frozen=True, slots=True)
class SourceBounds:
    """What a repository may cost.

    Attributes:
        fetch_seconds: for each step that talks to the server.
        local_seconds: for each step on this machine.
        mirror_bytes: of the mirror on disk.
        checkout_bytes: of all files of one commit.
        files: in one commit.
        checkouts: folders of commits that are kept.
    """

    fetch_seconds: float = 120.0
    local_seconds: float = 60.0
    mirror_bytes: int = 500_000_000
    checkout_bytes: int = 200_000_000
    files: int = 20_000
    checkouts: int = 5


@dataclass(frozen=True, slots=True)
class GitSource:
    """A repository and what is followed in it.

    Attributes:
        environments: the path of an environment file in it, or a glob of several.
        authority: certificates (PEM) to trust for https instead of the system's; empty: the system's.
        verification: None: signatures are not looked at.
        submodules: whether they are fetched too.
    """

    address: GitAddress
    follow: Followed
    environments: str
    login: Login | None = None
    authority: str = ""
    verification: Verification | None = None
    submodules: bool = False
    bounds: SourceBounds = SourceBounds()


class SignatureState(StrEnum):
    """What is known of a signature. Only GOOD is to be believed."""

    UNCHECKED = "unchecked"
    UNSIGNED = "unsigned"
    GOOD = "good"
    BAD = "bad"
    UNKNOWN_KEY = "unknown key"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Signature:
    """Of a commit, or of the tag that points to it.

    Attributes:
        signer: who it is, as the keyring calls them; empty where that is not known.
        key: the fingerprint of the key, or as much of it as the signature tells; empty without one.
        verification: the digest of what it was checked against; empty: it was not checked.
    """

    state: SignatureState
    signer: str = ""
    key: str = ""
    verification: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """As a commit names them: whatever they wrote."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that a source is at. Its texts are its author's, and hostile until cleaned for where they are shown.

    Attributes:
        sha: 40 hex digits.
        ref: the full name of the branch or tag, such as `refs/heads/main`.
        subject: the first paragraph of its message, in one line.
        time: of the commit, not of its authoring.
    """

    sha: str
    ref: str
    author: Person
    committer: Person
    subject: str
    time: datetime
    signature: Signature


class Mirror(Protocol):
    """A copy of a repository on this machine; nothing is ever sent to the repository.

    Every method raises GitError, with secrets masked, and leaves nothing half-written.
    """

    def renew(self, source: GitSource) -> None:
        """Go on with another login, authority or verification; all else of the source is as it was."""
        ...

    def update(self) -> Commit:
        """Ask the repository where it is, and fetch that."""
        ...

    def signature(self, commit: Commit) -> Signature:
        """What is known of the signature of a commit that was given earlier, by whom it is believed as of now."""
        ...

    def checkout(self, commit: Commit) -> Path:
        """The folder with the files of a commit, complete or not there at all. It stays until a later `switch`."""
        ...

    def switch(self, commit: Commit) -> None:
        """Make a commit that was checked out the current one, in one step; the oldest folders are removed."""
        ...

    def current(self) -> Path | None:
        """The folder that was switched to last, by this run or an earlier one; None: there is none."""
        ...

    def cancel(self) -> None:
        """End what is under way, from another thread; nothing can be started any more."""
        ...

    def close(self) -> None:
        """End it, and forget the login."""
        ...
