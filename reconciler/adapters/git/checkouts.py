"""Folders with the files of commits: complete or not there at all, and the link to the current one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.adapters.git.runner import Bounds
from reconciler.adapters.git.sizes import larger_than
from reconciler.errors import GitError, GitReason

if TYPE_CHECKING:
    from reconciler.adapters.git.program import GitProgram
    from reconciler.model.source import SourceBounds

_CURRENT = "current"
_NEW = ".new-"
# Bytes for each line of a listing: its mode, object, size, and a long name.
_LONGEST_LINE = 400


class Checkouts:
    """The folders of one mirror.

    Args:
        folder: where they are: `checkouts/SHA`, and the link `current`.
        repository: the mirror.
        submodules: whether they are fetched too.
    """

    def __init__(
        self, folder: Path, repository: Path, git: GitProgram, bounds: SourceBounds, *, submodules: bool
    ) -> None:
        self._folder = folder
        self._all = folder / "checkouts"
        self._repository = repository
        self._git = git
        self._bounds = bounds
        self._submodules = submodules

    def make(self, sha: str) -> Path:
        """The folder of a commit.

        Raises GitError: it has too much in it, or a link that leads out of it.
        """
        target = self._all / sha
        if not target.exists():
            self._check_size(sha)
            with self._arriving() as new:
                self._fill(new, sha)
                _check_links(new, sha)
                new.rename(target)
        os.utime(target)
        return target

    def switch(self, sha: str) -> None:
        """Point the link at a commit that was checked out, in one step; remove the oldest folders."""
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=_NEW) as private:
            link = Path(private) / _CURRENT
            link.symlink_to(Path("checkouts") / sha)
            link.replace(self._folder / _CURRENT)
        os.utime(self._all / sha)
        newest_first = sorted(self._all.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for old in newest_first[self._bounds.checkouts :]:
            shutil.rmtree(old)

    def current(self) -> Path | None:
        """Where the link points to."""
        link = self._folder / _CURRENT
        return link.resolve() if link.is_dir() else None

    @contextmanager
    def _arriving(self) -> Iterator[Path]:
        """A folder for what is not yet checked; it is gone afterwards, whatever happens, and so are earlier ones."""
        self._all.mkdir(parents=True, exist_ok=True)
        for left in self._folder.glob(f"{_NEW}*"):
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=_NEW) as private:
            yield Path(private) / "tree"

    def _check_size(self, sha: str) -> None:
        """Before anything is written: a few kB of objects may stand for more files than a disk holds."""
        doing = f"cannot list the files of {sha}"
        listing = self._git.run(
            doing,
            [f"--git-dir={self._repository}", "ls-tree", "-r", "-l", "-z", "--full-tree", sha],
            Bounds(self._bounds.local_seconds, output=self._bounds.files * _LONGEST_LINE),
        )
        sizes = [line.split(None, 4)[3] for line in listing.split(b"\0") if line]
        if len(sizes) > self._bounds.files:
            raise _too_large(sha, f"{self._bounds.files:,} files")
        if sum(int(size) for size in sizes if size != b"-") > self._bounds.checkout_bytes:
            raise _too_large(sha, f"{self._bounds.checkout_bytes:,} bytes")

    def _fill(self, new: Path, sha: str) -> None:
        local = Bounds(self._bounds.local_seconds)
        where = f"--git-dir={self._repository}"
        doing = f"cannot check out {sha}"
        self._git.run(doing, [where, "worktree", "add", "--quiet", "--detach", str(new), sha], local)
        if self._submodules:
            self._fill_submodules(new, sha)
        for link in list(_links_to_git(new)):
            link.unlink()
        self._git.run(doing, [where, "worktree", "prune"], local)
        # Where a project ends is told by `.git`; this one leads nowhere.
        (new / ".git").mkdir()

    def _fill_submodules(self, new: Path, sha: str) -> None:
        bounds = Bounds(
            self._bounds.fetch_seconds,
            outgrown=lambda: (
                larger_than(new, self._bounds.checkout_bytes, self._bounds.files)
                or larger_than(self._repository, self._bounds.mirror_bytes)
            ),
        )
        update = ["-C", str(new), "submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"]
        self._git.run(f"cannot fetch the submodules of {sha}", update, bounds)
        if larger_than(new, self._bounds.checkout_bytes, self._bounds.files):
            raise _too_large(sha, f"{self._bounds.files:,} files or {self._bounds.checkout_bytes:,} bytes")


def _links_to_git(folder: Path) -> Iterator[Path]:
    """The files `.git` by which git knows a work tree; no repository can hold one of that name."""
    for parent, _, names in os.walk(folder):
        if ".git" in names:
            yield Path(parent) / ".git"


def _check_links(folder: Path, sha: str) -> None:
    for parent, folders, names in os.walk(folder):
        for path in (Path(parent) / name for name in (*folders, *names)):
            if path.is_symlink() and not _leads_inside(path, folder):
                raise GitError(
                    f"commit {sha} has a link that leads out of it: {path.relative_to(folder)}",
                    reason=GitReason.HOSTILE,
                    hint="replace the link by what it leads to",
                )


def _leads_inside(link: Path, folder: Path) -> bool:
    try:
        return link.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a circle
        return True


def _too_large(sha: str, bound: str) -> GitError:
    return GitError(
        f"commit {sha} has more than {bound}", reason=GitReason.TOO_LARGE, hint="follow a repository of its own"
    )
