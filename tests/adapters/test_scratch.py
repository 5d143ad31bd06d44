"""What must not stay on the disk does not, however its owner ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from reconciler.adapters.scratch import PrivateFolder


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of the test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def _aged(folder: Path) -> Path:
    """As if it had been there for long."""
    before = time.time() - 3600
    os.utime(folder, (before, before))
    return folder


def test_it_is_private_and_goes(temporary: Path) -> None:
    """Nobody else can look into it, and `cleanup` removes it with all that is in it, also twice."""
    made = PrivateFolder()
    (made.path / "kubeconfig").write_text("secret")
    assert made.path.stat().st_mode & 0o077 == 0
    made.cleanup()
    made.cleanup()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next(temporary: Path) -> None:
    """SIGKILL leaves it no time; the next run has it."""
    code = """
        import sys, time
        from reconciler.adapters.scratch import PrivateFolder
        made = PrivateFolder()
        (made.path / "kubeconfig").write_text("secret")
        print(made.path, flush=True)
        time.sleep(60)
    """
    command = [sys.executable, "-c", "\n".join(line.strip() for line in code.splitlines())]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(temporary)}
    ) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        process.send_signal(signal.SIGKILL)
    assert (_aged(left) / "kubeconfig").exists()

    PrivateFolder().cleanup()

    assert list(temporary.iterdir()) == []


@pytest.mark.usefixtures("temporary")
def test_that_of_a_living_run_stays() -> None:
    """However old it is."""
    mine = PrivateFolder()
    (mine.path / "kubeconfig").write_text("secret")
    _aged(mine.path)

    PrivateFolder().cleanup()

    assert (mine.path / "kubeconfig").exists()
    mine.cleanup()


def test_a_new_one_stays_though_it_has_no_lock_yet(temporary: Path) -> None:
    """Its owner is about to take it."""
    new = temporary / "reconcile-private-new"
    new.mkdir()

    PrivateFolder().cleanup()

    assert new.exists()


def test_what_is_not_a_folder_of_ours_is_not_followed(temporary: Path) -> None:
    """A link to a folder leads nobody to remove what is there."""
    target = temporary / "target"
    target.mkdir()
    (target / "kept").write_text("kept")
    (temporary / "reconcile-private-link").symlink_to(target)
    _aged(target)

    PrivateFolder().cleanup()

    assert (target / "kept").exists()
