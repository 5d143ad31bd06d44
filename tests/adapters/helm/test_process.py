"""Programs that are run do not outlive whoever runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_CODE = """
import os, sys
from pathlib import Path
from reconciler.adapters.helm.process import Processes
Processes(Path(sys.argv[1]), os.environ).run([])
"""


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_program_ends_with_a_run_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL leaves nobody to end it; it would go on writing while the next run takes its operation for dead."""
    program, told = tmp_path / "helm", tmp_path / "pid"
    program.write_text(f"#!/bin/sh\necho $$ > {told}.new && mv {told}.new {told}\nexec sleep 60\n")
    program.chmod(0o700)
    with subprocess.Popen([sys.executable, "-c", _CODE, str(program)], env=dict(os.environ)) as run:
        deadline = time.monotonic() + 20
        while not told.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        pid = int(told.read_text())
        assert _alive(pid)
        run.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)
