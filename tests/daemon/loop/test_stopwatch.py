"""The parts of a run."""

from __future__ import annotations

from reconciler.daemon.loop.stopwatch import Stopwatch
from reconciler.model.sync import Stage


def test_each_part_begins_where_the_last_one_ended() -> None:
    """What comes again is not told twice."""
    times = iter([10.0, 11.0, 11.5, 14.0, 15.0])
    watch = Stopwatch(lambda: next(times))
    for name in ("load", "observe", "observe", "plan"):
        watch.lap(name)
    assert watch.stages == (Stage("load", 0.0, 1.0), Stage("observe", 1.0, 0.5), Stage("plan", 1.5, 3.5))
