"""Where things are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import SandboxError
from reconciler.sandbox.paths import programs_folder, sandbox_paths, sandboxes_folder


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Path.home() / ".cache/reconciler/sandbox"),
        ({"XDG_CACHE_HOME": "/c"}, Path("/c/reconciler/sandbox")),
        ({"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache/reconciler/sandbox"),
        ({"XDG_CACHE_HOME": "/c", "RECONCILE_SANDBOX_HOME": "/s"}, Path("/s")),
    ],
)
def test_home_follows_the_environment(environment: dict[str, str], expected: Path) -> None:
    """The variable wins over the cache folder; a relative cache folder is ignored, as XDG says."""
    assert sandboxes_folder(environment) == expected


def test_programs_are_not_in_the_home_of_sandboxes() -> None:
    """A home of its own for sandboxes still shares the prepared programs."""
    environment = {"XDG_CACHE_HOME": "/c", "RECONCILE_SANDBOX_HOME": "/s"}
    assert programs_folder(environment) == Path("/c/reconciler/programs")


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "-a", "a-", "a" * 64])
def test_a_name_that_could_leave_the_home_is_refused(name: str, tmp_path: Path) -> None:
    """No name makes a path outside the home, or a kubeconfig context that needs quoting."""
    with pytest.raises(SandboxError, match="name of a sandbox"):
        sandbox_paths(tmp_path, name)


def test_the_lock_survives_the_deletion_of_the_folder(tmp_path: Path) -> None:
    """The lock file is beside the folder, not in it."""
    paths = sandbox_paths(tmp_path, "a")
    assert paths.root not in paths.lock.parents
