"""Programs that lead a session of their own, so that whatever they start ends with them."""

from __future__ import annotations

import os
import signal
import subprocess  # an adapter: for its type
from contextlib import suppress


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End it at once with all that it started. As long as it was not waited for, the number of its group is its own."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
