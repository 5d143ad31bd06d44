"""The installed command with a clock that is wrong, in a forked process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path

from reconciler.adapters.clock import SystemClock
from tests.forks import child

# The variable with what is wrong with the wall's clock: seconds that are added to it, one after the other, in turns.
CLOCK = "CHAOS_CLOCK"


def main(arguments: Sequence[str], folder: Path, environ: Mapping[str, str], output: Path) -> None:
    """Run `reconcile` as `tests.forks.child` does; all that it prints goes to one file."""
    _derange(environ.get(CLOCK, ""))
    child.main(arguments, folder, environ, output, output)


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
