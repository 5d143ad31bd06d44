"""How one environment stands, as its own thread knows it: kept over runs, and shown on the board."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from reconciler.daemon.loop.conditions import Obstacle, renewed
from reconciler.daemon.loop.inbox import Inbox
from reconciler.daemon.loop.obstacles import summed
from reconciler.daemon.loop.runner import Ran
from reconciler.daemon.loop.settling import Settling
from reconciler.daemon.loop.showing import Last, after, last_of, limits, next_look, with_run
from reconciler.daemon.surroundings import Surroundings
from reconciler.model.identity import Target
from reconciler.model.source import Commit
from reconciler.model.sync import EnvironmentView, Run, Why


class Standing:
    """Of one environment; all but `name` is for its own thread.

    Args:
        path: its file's; until that was valid once it is called by it, which is no other's name either.

    Attributes:
        due: the tick at which all of it is looked at again.
    """

    def __init__(self, path: str, around: Surroundings, inbox: Inbox) -> None:
        self._around, self._inbox = around, inbox
        self._view = EnvironmentView(path.replace("/", "."), path)
        self._last: Last | None = None
        self._settling = Settling()
        self.due = float("-inf")

    @property
    def name(self) -> str:
        """The environment's."""
        return self._view.name

    def rename(self, name: str) -> None:
        """Its file says another name; the old one is not shown any more."""
        self._around.board.drop(self._view.name, self._view.path)
        self._view = replace(self._view, name=name)

    def saw(self, commit: Commit | None) -> None:
        """There are files of this commit, valid or not."""
        self._view = replace(self._view, seen=commit or self._view.seen)

    def running(self, why: Why) -> None:
        """A run begins."""
        self._view = replace(self._view, running=why)

    def settling(self) -> Mapping[Target, float]:
        """What is looked at again soon, and at which tick."""
        return self._settling.times()

    def note(self, ran: Ran, waiting: Mapping[Target, float], retry: float) -> None:
        """A run has ended.

        Args:
            waiting: what failed lately → the tick from which on it is tried again.
            retry: the tick of the next try.
        """
        around, before = self._around, self._last
        keep = around.keep(self.name)
        now, ticks, chance = around.clock.now(), around.clock.ticks(), around.chance()
        retries = {target: now + timedelta(seconds=until - ticks) for target, until in waiting.items()}
        self._view = after(self._view, ran, retries)
        self._last = last_of(before, ran, self._view)
        self._settling = self._settling.after(keep, ran, ticks, chance)
        self.due = ticks + next_look(keep, ran, self.due - ticks, now, chance)
        if before and before.obstacles and self._last and not self._last.obstacles and not ran.turn.looked.whole:
            # Nothing is known to be wrong any more: make sure.
            self.due = ticks
        first = min(self.due, retry, *self._settling.times().values())
        self._view = replace(self._view, due=now + timedelta(seconds=first - ticks))

    def invalid(self, run: Run) -> None:
        """Files were not valid; `run` tells of it."""
        self._view = replace(self._view, runs=with_run(self._view.runs, run))

    def publish(self, obstacles: Iterable[Obstacle], suspended: str) -> None:
        """Show it, unless the source has it no longer.

        Args:
            obstacles: what is in the way, beside what its runs have found.
            suspended: by whom, or empty.
        """
        around, view, last = self._around, self._view, self._last
        now = around.clock.now()
        limiting = limits(around.keep(self.name), last, now, suspended)
        found = [*obstacles, *limiting, *summed(last.obstacles if last else ())]
        conditions = renewed(view.conditions, found, now, ready=last is not None)
        self._view = replace(view, conditions=conditions, suspensions=self._inbox.suspensions)
        with self._inbox.present() as is_present:
            if is_present:
                around.board.put(self._view)
