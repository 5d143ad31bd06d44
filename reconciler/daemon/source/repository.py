"""The repository that a Sync file names."""

from __future__ import annotations

from reconciler.daemon.config.load import SyncFile
from reconciler.errors import DesiredStateError
from reconciler.model.git_address import GitAddress
from reconciler.model.source import (
    AllowedSigners,
    Branch,
    Followed,
    GitSource,
    Login,
    OpenPgpKeyring,
    SourceBounds,
    SshKey,
    Tag,
    TagRange,
    TokenLogin,
    Verification,
)
from reconciler.model.versions import VersionRange

# Many environments may each have another commit that was the last good one.
_CHECKOUTS = 20


def git_source(file: SyncFile) -> GitSource:
    """The repository that a Sync file names, with its secrets. Raises DesiredStateError: something cannot be used."""
    spec = file.spec.source.git
    if spec is None:
        raise DesiredStateError("the source is no repository", where=file.at("source"))
    try:
        address = GitAddress.parse(spec.url)
    except ValueError as error:
        raise DesiredStateError(f"the url cannot be used: {error}", where=file.at("source", "git", "url")) from error
    return GitSource(
        address,
        _followed(file),
        file.spec.source.environments,
        login=_login(file),
        authority=_authority(file),
        verification=_verification(file),
        submodules=spec.submodules,
        bounds=SourceBounds(checkouts=_CHECKOUTS),
    )


def _followed(file: SyncFile) -> Followed:
    spec = file.spec.source.git
    if spec and spec.branch is not None:
        return Branch(spec.branch)
    if spec and spec.tag is not None:
        return Tag(spec.tag)
    return TagRange(VersionRange.parse(spec.tags if spec and spec.tags else "*"))


def _login(file: SyncFile) -> Login | None:
    spec, place = file.spec.source.git, ("source", "git")
    if spec and spec.token:
        return TokenLogin(spec.username, file.secret(spec.token, *place, "token"))
    if spec and spec.ssh_key and spec.known_hosts:
        hosts = file.secret(spec.known_hosts, *place, "knownHosts").reveal()
        return SshKey(file.secret(spec.ssh_key, *place, "sshKey"), hosts)
    return None


def _authority(file: SyncFile) -> str:
    spec = file.spec.source.git
    if spec is None or spec.ca_file is None:
        return ""
    where = file.at("source", "git", "caFile")
    return file.inputs.files.credential_text(spec.ca_file, where)[1]


def _verification(file: SyncFile) -> Verification | None:
    spec = file.spec.verify
    if spec is None:
        return None
    if spec.openpgp:
        return OpenPgpKeyring(file.secret(spec.openpgp, "verify", "openpgp").reveal().encode())
    if spec.allowed_signers:
        return AllowedSigners(file.secret(spec.allowed_signers, "verify", "allowedSigners").reveal())
    return None
