"""Whether a commit, or the tag that points to it, was signed by someone who is believed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.files import write_private
from reconciler.adapters.git.runner import Bounds, Runner
from reconciler.errors import GitError, GitReason
from reconciler.model.source import AllowedSigners, OpenPgpKeyring, Signature, SignatureState, Verification

if TYPE_CHECKING:
    from reconciler.adapters.git.program import GitProgram

# Whoever is in the keyring is believed, nothing is fetched, and no agent is started, which would outlive us.
_GPG_SETTINGS = "batch\nno-autostart\nno-auto-key-retrieve\nno-auto-key-locate\ntrust-model always\ndisable-dirmngr\n"

_SSH_GOOD = re.compile(r'^Good "git" signature for (?P<signer>.+) with \S+ key (?P<key>SHA256:\S+)$', re.MULTILINE)
_SSH_UNKNOWN = re.compile(r'^Good "git" signature with \S+ key (?P<key>SHA256:\S+)$', re.MULTILINE)
_SSH_EXPIRED = re.compile(r"key has expired|key is not yet valid")
# There are no allowed signers, or the key is one for something else than git.
_SSH_UNMEANT = re.compile(r"gpg\.ssh\.allowedSignersFile needs to be configured|key is not permitted for use")

# What gpg says of a signature that is not simply good (GnuPG's doc/DETAILS), the worst first.
_GPG_STATES = {
    "BADSIG": SignatureState.BAD,
    "REVKEYSIG": SignatureState.REVOKED,
    "EXPKEYSIG": SignatureState.EXPIRED,
    "EXPSIG": SignatureState.EXPIRED,
    "ERRSIG": SignatureState.UNKNOWN_KEY,
}
_GPG_LINE = re.compile(r"^\[GNUPG:\] (?P<word>[A-Z_]+)(?: (?P<key>[0-9A-F]+))?(?: (?P<rest>.*))?$", re.MULTILINE)


class Trust:
    """Checks signatures against what is given, and nothing that the user or the machine has.

    Raises GitError when it is made: the keyring cannot be read.
    """

    def __init__(self, verification: Verification, git: GitProgram, seconds: float) -> None:
        self.verification = verification
        self._git = git
        self._bounds = Bounds(seconds)
        keyring = git.private / "gnupg"
        keyring.mkdir(mode=0o700)
        self._environ = {"GNUPGHOME": str(keyring)}
        match verification:
            case OpenPgpKeyring(keys):
                _import(keys, keyring, git.environ, self._bounds)
                self._settings = {}
            case AllowedSigners(lines):
                write_private(git.private / "allowed_signers", lines)
                self._settings = {"gpg.ssh.allowedSignersFile": str(git.private / "allowed_signers")}

    def of(self, repository: Path, ref: str, sha: str) -> Signature:
        """The signature of the tag that is followed, if it has a good one; else that of the commit.

        Args:
            ref: the name on the server, such as `refs/tags/v1.0.0`.
            sha: what it points to: a tag's object, or the commit.
        """
        where = [f"--git-dir={repository}"]
        if self._is_tag(where, sha, ref):
            of_tag = self._verified([*where, "verify-tag", "--raw", sha])
            if of_tag.state is SignatureState.GOOD:
                return of_tag
        return self._verified([*where, "verify-commit", "--raw", f"{sha}^{{commit}}"])

    def _is_tag(self, where: list[str], sha: str, ref: str) -> bool:
        """Whether it is a tag's object, of this very name: another one's signature says nothing of this tag."""
        ended = self._git.ended([*where, "cat-file", "tag", sha], self._bounds)
        name = f"tag {ref.removeprefix('refs/tags/')}".encode()
        return ended.good and name in ended.out.partition(b"\n\n")[0].splitlines()

    def _verified(self, arguments: list[str]) -> Signature:
        settings = [word for key, value in self._settings.items() for word in ("-c", f"{key}={value}")]
        ended = self._git.ended([*settings, *arguments], self._bounds, self._environ)
        return replace(read_verdict(ended.err, accepted=ended.good), verification=self.verification.digest)


def read_verdict(said: str, *, accepted: bool) -> Signature:
    """The state of a signature, from what git passes on of gpg and ssh-keygen.

    Args:
        accepted: git's own verdict; without it nothing is good, whatever was said.
    """
    if "[GNUPG:]" in said:
        return _gpg_verdict(said, accepted=accepted)
    if accepted and (good := _SSH_GOOD.search(said)):
        return Signature(SignatureState.GOOD, good["signer"], good["key"])
    if unknown := _SSH_UNKNOWN.search(said):
        state = SignatureState.EXPIRED if _SSH_EXPIRED.search(said) else SignatureState.UNKNOWN_KEY
        return Signature(state, key=unknown["key"])
    if _SSH_UNMEANT.search(said):
        return Signature(SignatureState.UNKNOWN_KEY)
    return Signature(SignatureState.BAD if said.strip() else SignatureState.UNSIGNED)


def _gpg_verdict(said: str, *, accepted: bool) -> Signature:
    words = {line["word"]: line for line in reversed(list(_GPG_LINE.finditer(said)))}
    for word, state in _GPG_STATES.items():
        if line := words.get(word):
            signer = "" if state is SignatureState.UNKNOWN_KEY else line["rest"] or ""
            return Signature(state, signer, line["key"] or "")
    good, valid = words.get("GOODSIG"), words.get("VALIDSIG")
    if accepted and good and valid:
        return Signature(SignatureState.GOOD, good["rest"] or "", valid["key"] or "")
    return Signature(SignatureState.BAD)


def _import(keys: bytes, keyring: Path, environ: Mapping[str, str], bounds: Bounds) -> None:
    program = shutil.which("gpg", path=environ.get("PATH", ""))
    if program is None:
        raise GitError(
            "there is no program gpg in PATH to check signatures with", reason=GitReason.OTHER, hint="install gnupg"
        )
    write_private(keyring / "gpg.conf", _GPG_SETTINGS)
    # An empty one keeps newer versions from starting a daemon that holds the keys.
    write_private(keyring / "common.conf", "")
    given = keyring / "given"
    given.write_bytes(keys)
    gpg = Runner(Path(program), {**environ, "GNUPGHOME": str(keyring)})
    ended = gpg.run(["--batch", "--status-fd=1", "--import", str(given)], bounds)
    if b"IMPORT_OK" not in ended.out:
        raise GitError(
            "the keyring for signatures holds no key that gpg can read",
            reason=GitReason.OTHER,
            hint="`gpg --export --armor KEY…` writes one",
        )
