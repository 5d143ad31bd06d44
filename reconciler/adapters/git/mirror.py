"""A mirror of a repository: asked often, fetched when there is something new, made again when it is broken."""

from __future__ import annotations

import fcntl
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from reconciler.adapters.git import facts
from reconciler.adapters.git.checkouts import Checkouts
from reconciler.adapters.git.program import GitProgram
from reconciler.adapters.git.refs import Found, choose, parse_refs, pattern
from reconciler.adapters.git.runner import Bounds
from reconciler.adapters.git.sizes import larger_than
from reconciler.adapters.git.trust import Trust
from reconciler.errors import GitError, GitReason
from reconciler.model.source import Commit, GitSource, Signature, SignatureState

# The one ref of the mirror: what the followed ref of the repository pointed to.
_REF = "refs/reconciler/followed"
# What may come of a mirror that is broken; everything else is the repository's or the way's doing, and a new mirror
# would not help.
_OURS = frozenset({GitReason.OTHER, GitReason.TOO_LARGE})
# Bytes of `git ls-remote`: a hundred thousand tags.
_LONGEST_LISTING = 10_000_000
_UNCHECKED = Signature(SignatureState.UNCHECKED)


class GitMirror:
    """Implements `reconciler.model.source.Mirror` by the system's git.

    Only the newest state of the followed ref is fetched, without its history, so that a rewritten one is no case of
    its own.

    Args:
        folder: of its own, made when it is not there; used by one process at a time.
        environ: the variables of this process.

    Raises GitError: git, the login, or the keyring cannot be used, or the folder is in use.
    """

    def __init__(self, source: GitSource, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder, self._environ = folder, environ
        self._one_at_a_time = threading.Lock()
        self._repository = folder / "mirror.git"
        self._is_cancelled = False
        self._lock = _locked(folder)
        try:
            self._equip(source)
        except BaseException:
            self._lock.close()
            raise

    def _equip(self, source: GitSource) -> None:
        """Work with what this source says; on an error, with what there was before."""
        git = GitProgram(source, self._environ)
        try:
            self._trust = _trust(source, git)
        except BaseException:
            git.close()
            raise
        bounds = source.bounds
        self._source, self._git = source, git
        self._local = Bounds(bounds.local_seconds)
        self._remote = Bounds(bounds.fetch_seconds, output=_LONGEST_LISTING, outgrown=self._outgrown)
        self._checkouts = Checkouts(self._folder, self._repository, git, bounds, submodules=source.submodules)
        # Other keys may judge the same commit otherwise.
        self._last: tuple[Found, Commit] | None = None

    def renew(self, source: GitSource) -> None:
        """See Mirror."""
        with self._at_work():
            if source == self._source:
                return
            before = self._git
            self._equip(source)
            before.close()
            if self._is_cancelled:
                self._git.cancel()

    def update(self) -> Commit:
        """See Mirror."""
        with self._at_work():
            found = self._asked()
            if self._last is None or self._last[0] != found:
                self._last = found, self._brought(found)
            return self._last[1]

    def signature(self, commit: Commit) -> Signature:
        """See Mirror. Of a commit that is not in the mirror any more nothing new can be known."""
        with self._at_work():
            if self._trust is None:
                return _UNCHECKED
            if commit.signature.verification == self._trust.verification.digest:
                return commit.signature
            return self._trust.of(self._repository, commit.ref, self._signed(commit.sha))

    def checkout(self, commit: Commit) -> Path:
        """See Mirror."""
        with self._at_work():
            try:
                return self._checkouts.make(commit.sha)
            except GitError as error:
                if error.reason is not GitReason.OTHER:
                    raise
            # A mirror may be broken in what only a checkout reads.
            shutil.rmtree(self._repository, ignore_errors=True)
            self._fetch(commit.ref)
            return self._checkouts.make(commit.sha)

    def switch(self, commit: Commit) -> None:
        """See Mirror."""
        with self._at_work():
            self._checkouts.switch(commit.sha)

    def current(self) -> Path | None:
        """See Mirror."""
        return self._checkouts.current()

    def cancel(self) -> None:
        """See Mirror."""
        self._is_cancelled = True
        self._git.cancel()

    def close(self) -> None:
        """See Mirror."""
        self._git.close()
        self._lock.close()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """One thread at a time; what the disk refuses is an error like others."""
        with self._one_at_a_time:
            try:
                yield
            except OSError as error:
                reason = (error.strerror or str(error)).lower()
                raise GitError(f"cannot write to {self._folder}: {reason}", reason=GitReason.OTHER) from error

    def _outgrown(self) -> bool:
        return larger_than(self._repository, self._source.bounds.mirror_bytes)

    def _asked(self) -> Found:
        """What the followed ref points to: one request, and a few bytes when nothing is new."""
        wanted = pattern(self._source.follow)
        asking = ["ls-remote", "--quiet", "--end-of-options", self._source.address.url, wanted]
        listing = self._git.run(f"cannot ask {self._source.address} for {self._source.follow}", asking, self._remote)
        return choose(self._source, parse_refs(listing))

    def _brought(self, found: Found) -> Commit:
        """Fetched, if need be into a new mirror."""
        existed = self._repository.exists()
        try:
            return self._fetched(found)
        except GitError as error:
            if error.reason not in _OURS:
                raise
            shutil.rmtree(self._repository, ignore_errors=True)
            if not existed:
                raise
        return self._fetched(found)

    def _fetched(self, found: Found) -> Commit:
        if not self._has(found.sha):
            self._fetch(found.ref)
        sha = self._run("cannot read what was fetched", ["rev-parse", "--verify", _REF]).decode().strip()
        told = self._run(f"cannot read commit {sha}", [*facts.ASKING, f"{_REF}^{{commit}}"])
        signature = self._trust.of(self._repository, found.ref, sha) if self._trust else _UNCHECKED
        return facts.read(told, found.ref, signature)

    def _has(self, sha: str) -> bool:
        """Whether it is what was fetched last."""
        return self._known(_REF) == sha

    def _signed(self, commit: str) -> str:
        """What has the signature: the tag that was fetched last, if it points to the commit; else the commit."""
        return self._known(_REF) if self._known(f"{_REF}^{{commit}}") == commit else commit

    def _known(self, name: str) -> str:
        """The object of this name in the mirror; empty: there is none."""
        known = self._git.ended(self._here(["rev-parse", "--quiet", "--verify", name]), self._local)
        return known.out.decode().strip() if known.good else ""

    def _fetch(self, ref: str) -> None:
        doing = f"cannot fetch {self._source.follow} of {self._source.address}"
        if not self._repository.exists():
            self._git.run(doing, ["init", "--quiet", "--bare", "--template=", str(self._repository)], self._local)
        # What relative addresses of submodules begin at.
        self._run(doing, ["config", "remote.origin.url", self._source.address.url])
        quietly = ["--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--depth=1"]
        asking = ["fetch", *quietly, "--end-of-options", self._source.address.url, f"+{ref}:{_REF}"]
        self._git.run(doing, self._here(asking), self._remote)
        # What is not needed any more goes, else the mirror would grow for ever; should it fail, the next fetch tells.
        self._git.ended(self._here(["gc", "--quiet", "--auto"]), self._local)

    def _run(self, doing: str, arguments: Sequence[str]) -> bytes:
        return self._git.run(doing, self._here(arguments), self._local)

    def _here(self, arguments: Sequence[str]) -> list[str]:
        return [f"--git-dir={self._repository}", *arguments]


def _trust(source: GitSource, git: GitProgram) -> Trust | None:
    return Trust(source.verification, git, source.bounds.local_seconds) if source.verification else None


def _locked(folder: Path) -> IO[str]:
    """Hold the folder for as long as the file that is returned is open; the system lets go of it when we die."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "lock").open("a", encoding="utf-8")
    except OSError as error:
        raise GitError(f"cannot write to {folder}: {error.strerror}", reason=GitReason.OTHER) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise GitError(
            f"{folder} is used by another process", reason=GitReason.BUSY, hint="end it, or give each its own folder"
        ) from error
    return file
