"""Signatures of commits and tags, made by gpg and ssh-keygen, checked against what is given and nothing else."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.adapters.git.trust import read_verdict
from reconciler.errors import GitError
from reconciler.model.source import (
    AllowedSigners,
    OpenPgpKeyring,
    Signature,
    SignatureState,
    Tag,
    TagRange,
)
from reconciler.model.versions import VersionRange
from tests.adapters.git.conftest import MakeMirror
from tests.git_servers import Origin, make_key

PEOPLE = ("ada", "mallory", "late", "gone")


@dataclass(frozen=True)
class Signers:
    """People with keys.

    Attributes:
        home: gpg's, with the private keys of everyone.
        fingerprints: by person.
        late: a program that signs as gpg did in 2020, when the key of `late` had not expired.
    """

    home: Path
    fingerprints: dict[str, str]
    late: Path

    def keyring(self, *people: str) -> OpenPgpKeyring:
        """The public keys of some."""
        export = [
            "gpg",
            "--homedir",
            str(self.home),
            "--batch",
            "--export",
            *(self.fingerprints[name] for name in people),
        ]
        return OpenPgpKeyring(subprocess.run(export, check=True, capture_output=True).stdout)

    def options(self, person: str) -> list[str]:
        """What makes git sign as somebody."""
        program = ["-c", f"gpg.program={self.late}"] if person == "late" else []
        return [*program, "-c", f"user.signingkey={self.fingerprints[person]}"]

    def commit(self, origin: Origin, person: str) -> str:
        """A commit that somebody signed."""
        origin.environ["GNUPGHOME"] = str(self.home)
        origin.git(*self.options(person), "commit", "--quiet", "--allow-empty", "-S", "-m", person)
        return origin.git("rev-parse", "HEAD")


@pytest.fixture(scope="session")
def signers() -> Iterator[Signers]:
    """In /tmp itself: the path of gpg's sockets may not be long."""
    with tempfile.TemporaryDirectory(prefix="gpg-", dir="/tmp") as made:
        home = Path(made)
        gpg = ["gpg", "--homedir", made, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
        late = home / "late"
        late.write_text('#!/bin/sh\nexec gpg --faked-system-time 20200101T000100 "$@"\n')
        late.chmod(0o755)
        for name in PEOPLE:
            then = ["--faked-system-time", "20200101T000000"] if name == "late" else []
            person = [f"{name} <{name}@example.com>", "ed25519", "sign", "1d" if name == "late" else "never"]
            subprocess.run([*gpg, *then, "--quick-generate-key", *person], check=True)
        listing = subprocess.run([*gpg, "--list-keys", "--with-colons"], check=True, capture_output=True, text=True)
        found = [line.split(":")[9] for line in listing.stdout.splitlines() if line.startswith("fpr")]
        yield Signers(home, dict(zip(PEOPLE, found, strict=True)), late)
        subprocess.run(["gpgconf", "--homedir", made, "--kill", "all"], check=True)


def test_a_good_signature(origin: Origin, mirror: MakeMirror, signers: Signers) -> None:
    """Who it is and by which key."""
    signers.commit(origin, "ada")
    keyring = signers.keyring("ada", "mallory")
    found = mirror(verification=keyring).update().signature
    assert found == Signature(SignatureState.GOOD, "ada <ada@example.com>", signers.fingerprints["ada"], keyring.digest)


@pytest.mark.parametrize(
    ("person", "keyring", "state"),
    [
        pytest.param(None, ["ada"], SignatureState.UNSIGNED, id="none"),
        pytest.param("mallory", ["ada"], SignatureState.UNKNOWN_KEY, id="somebody else's"),
        pytest.param("late", ["ada", "late"], SignatureState.EXPIRED, id="expired"),
    ],
)
def test_who_is_not_believed(
    person: str | None,
    keyring: list[str],
    state: SignatureState,
    origin: Origin,
    mirror: MakeMirror,
    signers: Signers,
) -> None:
    """The user's own keyring, which has all those keys, does not count."""
    if person:
        signers.commit(origin, person)
    assert mirror(verification=signers.keyring(*keyring)).update().signature.state is state


def test_a_revoked_key(origin: Origin, mirror: MakeMirror, signers: Signers, tmp_path: Path) -> None:
    """Is told by the keyring that is given."""
    signers.commit(origin, "gone")
    made = signers.home / f"openpgp-revocs.d/{signers.fingerprints['gone']}.rev"
    # gpg writes it with a colon before its first line, so that nobody imports it by accident.
    armoured = made.read_text().partition("\n:")[2]
    home = tmp_path / "gpg"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--no-autostart"]
    keys = signers.keyring("gone").keys + signers.keyring("ada").keys
    subprocess.run([*gpg, "--import"], input=keys, check=True)
    subprocess.run([*gpg, "--import"], input=armoured.encode(), check=True)
    keyring = OpenPgpKeyring(subprocess.run([*gpg, "--export", "--armor"], check=True, capture_output=True).stdout)
    assert mirror(verification=keyring).update().signature.state is SignatureState.REVOKED


def _forge(origin: Origin, sha: str) -> None:
    """Another message under the same signature."""
    content = origin.git("cat-file", "commit", sha)
    head, _, message = content.rpartition("\n\n")
    forged = origin.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=f"{head}\n\nnot {message}\n")
    origin.git("update-ref", "refs/heads/main", forged)


def test_a_forged_commit(origin: Origin, mirror: MakeMirror, signers: Signers) -> None:
    """A signature is of one content."""
    _forge(origin, signers.commit(origin, "ada"))
    assert mirror(verification=signers.keyring("ada")).update().signature.state is SignatureState.BAD


def ssh_commit(origin: Origin, key: Path) -> str:
    """A commit signed by an ssh key."""
    options = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={key}"]
    origin.git(*options, "commit", "--quiet", "--allow-empty", "-S", "-m", "ssh")
    return origin.git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("line", "state"),
    [
        pytest.param("ada@example.com {ada}", SignatureState.GOOD, id="good"),
        pytest.param('ada@example.com namespaces="git" {ada}', SignatureState.GOOD, id="for git"),
        pytest.param('ada@example.com namespaces="file" {ada}', SignatureState.UNKNOWN_KEY, id="for something else"),
        pytest.param("ada@example.com {eve}", SignatureState.UNKNOWN_KEY, id="somebody else's"),
        pytest.param('ada@example.com valid-before="20200101" {ada}', SignatureState.EXPIRED, id="expired"),
        pytest.param('ada@example.com valid-after="29990101" {ada}', SignatureState.EXPIRED, id="too early"),
        pytest.param("", SignatureState.UNKNOWN_KEY, id="nobody"),
    ],
)
def test_ssh(line: str, state: SignatureState, origin: Origin, mirror: MakeMirror, tmp_path: Path) -> None:
    """Signatures by ssh keys, against a file of allowed signers."""
    keys = {name: make_key(tmp_path / name) for name in ("ada", "eve")}
    ssh_commit(origin, tmp_path / "ada")
    found = mirror(verification=AllowedSigners(f"{line.format(**keys)}\n")).update().signature
    assert found.state is state
    assert found.signer == ("ada@example.com" if state is SignatureState.GOOD else "")


def test_a_forged_commit_with_ssh(origin: Origin, mirror: MakeMirror, tmp_path: Path) -> None:
    """A signature is of one content."""
    public = make_key(tmp_path / "ada")
    _forge(origin, ssh_commit(origin, tmp_path / "ada"))
    assert mirror(verification=AllowedSigners(f"ada {public}\n")).update().signature.state is SignatureState.BAD


def test_unsigned_with_ssh(mirror: MakeMirror) -> None:
    """Nothing to check."""
    assert mirror(verification=AllowedSigners("")).update().signature.state is SignatureState.UNSIGNED


def test_the_other_kind(origin: Origin, mirror: MakeMirror, signers: Signers, tmp_path: Path) -> None:
    """An OpenPGP signature is none of an ssh signer's, and the other way round."""
    signers.commit(origin, "ada")
    of_gpg = mirror(verification=AllowedSigners(f"ada {make_key(tmp_path / 'ada')}\n")).update()
    ssh_commit(origin, tmp_path / "ada")
    of_ssh = mirror(verification=signers.keyring("ada"), folder="other").update()
    assert {of_gpg.signature.state, of_ssh.signature.state} == {SignatureState.UNKNOWN_KEY}


def test_a_commit_that_claims_to_be_another(origin: Origin, mirror: MakeMirror, signers: Signers) -> None:
    """Who its author says they are is no proof."""
    signers.commit(origin, "mallory")
    found = mirror(verification=signers.keyring("ada")).update()
    assert (found.author.name, found.signature.state) == ("Ada", SignatureState.UNKNOWN_KEY)


@pytest.mark.parametrize(
    ("tagger", "committer", "state"),
    [
        pytest.param("ada", None, SignatureState.GOOD, id="the tag"),
        pytest.param(None, "ada", SignatureState.GOOD, id="the commit"),
        pytest.param("mallory", "ada", SignatureState.GOOD, id="the commit, and a tag of somebody else"),
        pytest.param("mallory", None, SignatureState.UNSIGNED, id="somebody else"),
        pytest.param(None, None, SignatureState.UNSIGNED, id="nobody"),
    ],
)
def test_tags(
    tagger: str | None,
    committer: str | None,
    state: SignatureState,
    origin: Origin,
    mirror: MakeMirror,
    signers: Signers,
) -> None:
    """A good signature of the tag is enough, and so is one of its commit."""
    if committer:
        signers.commit(origin, committer)
    origin.environ["GNUPGHOME"] = str(signers.home)
    sign = [*signers.options(tagger), "tag", "--sign"] if tagger else ["tag", "--annotate"]
    origin.git(*sign, "-m", "v1", "v1.0.0")
    made = mirror(follow=TagRange(VersionRange.parse("1")), verification=signers.keyring("ada"))
    assert made.update().signature.state is state


def test_a_tag_under_another_name(origin: Origin, mirror: MakeMirror, signers: Signers) -> None:
    """Whoever can write to the server cannot give an old signed tag out as a new one."""
    origin.environ["GNUPGHOME"] = str(signers.home)
    origin.git(*signers.options("ada"), "tag", "--sign", "-m", "old", "v1.0.0")
    origin.git("update-ref", "refs/tags/v2.0.0", origin.git("rev-parse", "v1.0.0"))
    keyring = signers.keyring("ada")
    assert mirror(follow=Tag("v1.0.0"), verification=keyring).update().signature.state is SignatureState.GOOD
    second = mirror(follow=Tag("v2.0.0"), verification=keyring, folder="other")
    assert second.update().signature.state is SignatureState.UNSIGNED


@pytest.mark.parametrize("keys", [b"", b"nonsense", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n"])
def test_no_keyring(keys: bytes, mirror: MakeMirror) -> None:
    """Is an error at the start, not an unknown key for ever."""
    with pytest.raises(GitError, match="holds no key that gpg can read") as caught:
        mirror(verification=OpenPgpKeyring(keys))
    assert caught.value.hint


def test_no_program_is_left(mirror: MakeMirror, signers: Signers, origin: Origin) -> None:
    """No agent or daemon of gpg is started for a check."""
    signers.commit(origin, "ada")
    made = mirror(verification=signers.keyring("ada"))
    made.update()
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    assert not [line for line in lines if str(made._git.private).encode() in line]


GOOD = "[GNUPG:] GOODSIG 1234ABCD Ada <a@x>\n[GNUPG:] VALIDSIG ABCD1234 2026-01-01 1 0\n"


@pytest.mark.parametrize(
    ("said", "accepted", "state"),
    [
        pytest.param(GOOD, True, SignatureState.GOOD, id="good"),
        pytest.param(GOOD, False, SignatureState.BAD, id="git itself says no"),
        pytest.param("[GNUPG:] GOODSIG 1234ABCD Ada\n", True, SignatureState.BAD, id="good, and not valid"),
        pytest.param(f"{GOOD}[GNUPG:] BADSIG 99 Eve\n", True, SignatureState.BAD, id="one of two is bad"),
        pytest.param(f"{GOOD}[GNUPG:] ERRSIG 99 22 8 00 1 9 -\n", True, SignatureState.UNKNOWN_KEY, id="unknown too"),
        pytest.param(GOOD.replace("GOODSIG", "EXPSIG"), True, SignatureState.EXPIRED, id="expired signature"),
        pytest.param(
            'Good "git" signature for ada with ED25519 key SHA256:x', False, SignatureState.BAD, id="ssh, not accepted"
        ),
        pytest.param("", True, SignatureState.UNSIGNED, id="nothing said"),
    ],
)
def test_verdicts(said: str, state: SignatureState, *, accepted: bool) -> None:
    """Only what is good by every word is good."""
    assert read_verdict(said, accepted=accepted).state is state
