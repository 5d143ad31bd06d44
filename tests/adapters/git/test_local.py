"""Checkouts that people work in, told in words by GitPython."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reconciler.adapters.git.local import standing


def git(folder: Path, *arguments: str) -> str:
    """Run git there, as somebody."""
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit on `work`, and a folder in it."""
    git(tmp_path, "init", "--quiet", "--initial-branch=work")
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/env.yaml").write_text("name: a\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=first")
    return tmp_path


def test_a_clean_checkout(checkout: Path) -> None:
    """Its branch and its commit, from any folder in it."""
    sha = git(checkout, "rev-parse", "HEAD")[:12]
    assert standing(checkout / "environments") == f"work at {sha}"
    git(checkout, "checkout", "--quiet", "--detach")
    assert standing(checkout) == sha


@pytest.mark.parametrize("name", ["environments/env.yaml", "environments/new.yaml"])
def test_what_is_not_committed(checkout: Path, name: str) -> None:
    """Changed or new: what is applied then is no commit's."""
    (checkout / name).write_text("name: b\n")
    assert standing(checkout).endswith(", with changes that are not committed")


def test_no_checkout(tmp_path: Path) -> None:
    """No repository, no folder, or no commit yet: nothing is told."""
    assert standing(tmp_path) == ""
    assert standing(tmp_path / "none") == ""
    git(tmp_path, "init", "--quiet")
    assert standing(tmp_path) == ""
