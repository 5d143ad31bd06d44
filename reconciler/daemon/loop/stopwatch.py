"""How long the parts of a run take, each from the end of the one before."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.model.sync import Stage


class Stopwatch:
    """Runs from its making; `ticks` is a steady clock, in seconds."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._start = self._last = ticks()
        self._stages: dict[str, Stage] = {}

    def lap(self, name: str) -> None:
        """A part ends; one that comes again, as for the next cluster, is told by its first time."""
        now = self._ticks()
        if name not in self._stages:
            self._stages[name] = Stage(name, self._last - self._start, now - self._last)
            self._last = now

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those that have ended, in their order."""
        return tuple(self._stages.values())
