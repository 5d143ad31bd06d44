"""What a checkout that people work in is at: theirs, with their git and its settings, so nothing in it is foreign."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import git


def standing(folder: Path) -> str:
    """`main at 1a2b3c4d5e6f, with changes that are not committed`; empty for a folder that is in no checkout."""
    try:
        import git  # noqa: PLC0415 (heavy, and an ImportError without a git program)
    except ImportError:
        return ""
    try:
        with git.Repo(folder, search_parent_directories=True) as repository:
            return _told(repository)
    # Besides its own errors: a branch without a commit, a HEAD that names nothing.
    except (git.GitError, ValueError, OSError):
        return ""


def _told(repository: git.Repo) -> str:
    at = repository.head.commit.hexsha[:12]
    branch = "" if repository.head.is_detached else f"{repository.active_branch.name} at "
    changed = ", with changes that are not committed" if repository.is_dirty(untracked_files=True) else ""
    return f"{branch}{at}{changed}"
