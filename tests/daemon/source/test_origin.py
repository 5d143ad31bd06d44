"""Where environments come from: a mirror of a real repository, or a folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reconciler.adapters.git.mirror import GitMirror
from reconciler.daemon.commits import commit_document, read_commit
from reconciler.daemon.source.origin import Checkout, Distrusted, FolderOrigin, GitOrigin
from reconciler.errors import DesiredStateError
from reconciler.model.git_address import GitAddress
from reconciler.model.source import AllowedSigners, Branch, GitSource, Signature, SignatureState, TagRange
from reconciler.model.versions import VersionRange
from tests.daemon.stories import COMMIT
from tests.git_servers import Origin, make_key, make_origin

FILES = {"env/b.yaml": "b", "env/a.yaml": "a", "other/c.yaml": "c"}


class Mirrored:
    """An origin of a repository of which a test sets what is known of it."""

    def __init__(self, repository: Origin, folder: Path) -> None:
        self.source = GitSource(GitAddress.parse(repository.url), Branch("main"), "env/*.yaml")
        self.origin = GitOrigin(GitMirror(self.source, folder, os.environ), lambda: self.source)

    def ask(self) -> Checkout:
        """The newest files, which are believed."""
        found = self.origin.ask()
        assert isinstance(found, Checkout)
        return found


@contextmanager
def origin_of(source: GitSource, folder: Path) -> Iterator[GitOrigin]:
    """One that is closed at the end, so that the next one may use its folder."""
    made = GitOrigin(GitMirror(source, folder, os.environ), lambda: source)
    yield made
    made.close()


@pytest.fixture
def people(tmp_path: Path) -> Mapping[str, str]:
    """Who can sign → their public keys; the private ones are files of their names."""
    return {name: make_key(tmp_path / name) for name in ("ada", "eve")}


@pytest.fixture
def repository(tmp_path: Path) -> Origin:
    """With two environments."""
    made = make_origin(tmp_path / "repository")
    made.commit("Environments", FILES)
    return made


@pytest.fixture
def mirrored(repository: Origin, tmp_path: Path) -> Iterator[Mirrored]:
    """Its mirror."""
    made = Mirrored(repository, tmp_path / "state")
    yield made
    made.origin.close()


def test_the_files_of_a_commit(mirrored: Mirrored) -> None:
    """Those that the pattern names, below the folder, in order; the same for as long as nothing is new."""
    found = mirrored.ask()
    assert found.paths == ("env/a.yaml", "env/b.yaml")
    assert (found.folder / "env/a.yaml").read_text() == "a"
    assert mirrored.ask() == found


def test_an_earlier_commit(mirrored: Mirrored, repository: Origin) -> None:
    """Its files are there still when there are newer ones; of one that never was there are none."""
    first = mirrored.ask()
    assert first.commit
    mirrored.origin.switch(first.commit)
    repository.commit("Later", {"env/a.yaml": "later"})
    second = mirrored.ask()
    assert second.commit
    mirrored.origin.switch(second.commit)
    recalled = mirrored.origin.recall(first.commit)
    assert recalled
    assert (recalled.folder / "env/a.yaml").read_text() == "a"
    assert mirrored.origin.recall(replace(COMMIT, sha="0" * 40)) is None


def test_whom_to_believe_may_change(mirrored: Mirrored) -> None:
    """The same commit is judged anew when the signers are others; nobody restarts the daemon for that."""
    assert mirrored.ask().commit
    mirrored.source = replace(mirrored.source, verification=AllowedSigners(""))
    found = mirrored.origin.ask()
    assert isinstance(found, Distrusted)
    assert found.message.endswith("is not believed: its signature is unsigned")
    mirrored.source = replace(mirrored.source, verification=None)
    assert mirrored.ask().commit


@dataclass(frozen=True)
class Judged:
    """A commit that was believed before a restart, and whom the daemon believes after it.

    Attributes:
        before: whom it believed before; None: everybody.
        signer: of the commit; empty: nobody.
        tag: whether it is the tag that is signed.
        newer: whether something else is followed by now.
        mirror: whether it is there still.
    """

    before: tuple[str, ...] | None
    after: tuple[str, ...] | None
    signer: str = ""
    tag: bool = False
    newer: bool = True
    mirror: bool = True


@pytest.mark.parametrize(
    ("judged", "believed"),
    [
        pytest.param(Judged(None, None), True, id="nobody asked"),
        pytest.param(Judged(None, ("ada",)), False, id="unsigned"),
        pytest.param(Judged(None, ("ada",), "ada"), True, id="signed, although nobody asked"),
        pytest.param(Judged(("ada",), ("ada",), "ada"), True, id="as before"),
        pytest.param(Judged(("ada",), ("ada", "eve"), "ada"), True, id="others too"),
        pytest.param(Judged(("ada", "eve"), ("ada",), "eve"), False, id="a signer that is gone"),
        pytest.param(Judged(("ada",), ("ada",), "ada", mirror=False), True, id="as before, without its mirror"),
        pytest.param(Judged(("ada",), ("ada", "eve"), "ada", mirror=False), False, id="nothing tells"),
        pytest.param(Judged(("ada",), ("ada",), "ada", tag=True), True, id="a tag, as before"),
        pytest.param(Judged(("ada",), ("ada", "eve"), "ada", tag=True, newer=False), True, id="the newest tag"),
        pytest.param(Judged(("ada", "eve"), ("ada",), "eve", tag=True, newer=False), False, id="its signer is gone"),
    ],
)
def test_who_is_believed_after_a_restart(
    judged: Judged, people: Mapping[str, str], repository: Origin, tmp_path: Path, *, believed: bool
) -> None:
    """The last good commit is kept only when its signature is good by whom the daemon believes now."""

    def source(names: tuple[str, ...] | None) -> GitSource:
        lines = "".join(f"{name} {people[name]}\n" for name in names or ())
        verification = None if names is None else AllowedSigners(lines)
        follow = TagRange(VersionRange.parse("*")) if judged.tag else Branch("main")
        return GitSource(GitAddress.parse(repository.url), follow, "env/*.yaml", verification=verification)

    def make(number: int) -> None:
        sign = judged.signer if number == 0 else ""
        signing = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={tmp_path / sign}"]
        signed = ["-S"] if sign and not judged.tag else []
        repository.git(*signing, "commit", "--quiet", "--allow-empty", *signed, "-m", f"{number}")
        if judged.tag:
            repository.git(*signing, "tag", "-s" if sign else "-a", "-m", "a release", f"v1.{number}.0")

    make(0)
    with origin_of(source(judged.before), tmp_path / "state") as origin:
        good = origin.ask()
        assert isinstance(good, Checkout)
        assert good.commit
        if judged.newer:
            make(1)
            origin.ask()
    if not judged.mirror:
        shutil.rmtree(tmp_path / "state/mirror.git")
    with origin_of(source(judged.after), tmp_path / "state") as origin:
        kept = read_commit(commit_document(good.commit))
        assert kept
        assert origin.recall(kept) == (good if believed else None)


@pytest.mark.parametrize(
    ("signature", "words"),
    [
        (Signature(SignatureState.UNSIGNED), "its signature is unsigned"),
        (Signature(SignatureState.BAD, "ada"), "its signature by ada is bad"),
        (Signature(SignatureState.UNKNOWN_KEY, key="SHA256:x"), "its signature by SHA256:x is unknown key"),
        (Signature(SignatureState.EXPIRED, "ada", "SHA256:x"), "its signature by ada is expired"),
    ],
)
def test_why_a_commit_is_not_believed(signature: Signature, words: str) -> None:
    """It is named by its beginning, and who seems to have signed it."""
    assert Distrusted(replace(COMMIT, signature=signature)).message == f"commit {'c' * 12} is not believed: {words}"


def test_a_folder(tmp_path: Path) -> None:
    """Its files as they are on disk, and what it is at in words; it has no earlier state."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    origin = FolderOrigin(tmp_path, "env/*.yaml", lambda folder: f"{folder.name} as saved")
    found = origin.ask()
    assert found == Checkout(tmp_path, None, ("env/a.yaml", "env/b.yaml"), f"{tmp_path.name} as saved")
    assert origin.recall(COMMIT) is None


def test_no_environment_at_all(tmp_path: Path) -> None:
    """Is an error: a pattern with a mistake would else end the keeping of everything."""
    with pytest.raises(DesiredStateError, match=r"there is no env/\*.yaml in"):
        FolderOrigin(tmp_path, "env/*.yaml", lambda _: "").ask()
