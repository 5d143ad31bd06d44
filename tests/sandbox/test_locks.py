"""One at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from reconciler.sandbox.locks import exclusive
from reconciler.sandbox.progress import silent

HOLDER = """
import sys, time
from pathlib import Path
from reconciler.sandbox.locks import exclusive
with exclusive(Path(sys.argv[1]), print, "x"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_process_waits_and_a_killed_holder_frees(tmp_path: Path) -> None:
    """The one that waits says so; a lock does not survive its holder, even one that was killed."""
    path = tmp_path / "folder" / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        holder.kill()

    with exclusive(path, tell, "it builds"):
        assert told == ["waiting for another process: it builds"]
    holder.communicate()


def test_a_free_lock_is_taken_at_once(tmp_path: Path) -> None:
    """And can be taken again after."""
    for _ in range(2):
        with exclusive(tmp_path / "lock", silent, "x"):
            pass
