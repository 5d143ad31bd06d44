"""Programs that lead a session, ended with all that they started."""

from __future__ import annotations

import subprocess

from reconciler.adapters.groups import end_group


def test_all_of_it_ends() -> None:
    """What it started would keep its output open."""
    command = ["sh", "-c", "sleep 60 & echo begun; wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout
        assert process.stdout.readline() == b"begun\n"
        end_group(process)
        assert process.stdout.read() == b""
    end_group(process)
