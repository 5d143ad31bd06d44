"""The installed command in a process that was forked with its modules already imported: a run without its start-up."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path

# Imported before the fork, for every run. Not Helm's library: a Go runtime does not survive a fork.
import reconciler.adapters.kube.client
import reconciler.cli.environment
import reconciler.flows.apply
import reconciler.flows.foresight
import reconciler.flows.investigate
import reconciler.report.text  # noqa: F401 - see above
from reconciler.adapters.clock import SystemClock
from reconciler.cli.entry import run

# The variable with what is wrong with the wall's clock: seconds that are added to it, one after the other, in turns.
CLOCK = "CHAOS_CLOCK"


def main(arguments: Sequence[str], folder: Path, environ: Mapping[str, str], output: Path) -> None:
    """Run `reconcile` in a folder, with nothing of this process's environment; it prints to the file `output`."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream in (1, 2):
        os.dup2(written, stream)
    sys.argv = ["reconcile", *arguments]
    _derange(environ.get(CLOCK, ""))
    run()


def _derange(offsets: str) -> None:
    """Let the wall's clock jump at every look; the machine's own clock cannot be set for one process."""
    if not offsets:
        return
    turns = cycle([timedelta(seconds=float(offset)) for offset in offsets.split()])
    right = SystemClock.now

    def now(self: SystemClock) -> datetime:
        return right(self) + next(turns)

    # On the class itself, which every part of the program holds already.
    SystemClock.now = now  # type: ignore[method-assign]
