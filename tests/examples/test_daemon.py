"""examples/daemon: a git branch kept applied, run as its README says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.servers import free_port

pytestmark = pytest.mark.e2e

_WALK = Path(__file__).parents[2] / "examples/daemon/daemon.sh"


def test_the_walk(programs: Mapping[str, Path], tmp_path: Path) -> None:
    """A commit, drift, a commit that is not valid, a suspension: each is answered as the script waits for; no leaks."""
    assert programs
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": os.environ["HOME"],
        "RECONCILE_SANDBOX_HOME": str(tmp_path / "sandbox"),
        "DAEMON_PORT": str(free_port()),
    }
    (tmp_path / "work").mkdir()

    done = subprocess.run([_WALK, tmp_path / "work"], env=environ, capture_output=True, text=True, check=False)

    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    told = [
        "ready: http://127.0.0.1:",
        "pushed: three of them",
        "back again",
        "environments/staging.yaml:18:5: unknown key",
        "suspended by walk",
        'subject="mend it" trigger=commit result=unchanged',
    ]
    assert [text for text in told if text not in said] == []
    assert "Traceback" not in said
    assert "walk-status-token" not in said
    assert list((tmp_path / "sandbox").glob("daemon*")) == []
