"""What an action needs has to be healthy before it is taken: looked at until it is, or until the time is up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from reconciler.apply.retries import is_passing
from reconciler.errors import NotBegunError, ReconcilerError
from reconciler.model.desired import Wait
from reconciler.model.identity import ReleaseId
from reconciler.model.plan import Action
from reconciler.model.standing import Condition, Health

Judge = Callable[[ReleaseId], Health]

# Seconds between two looks: at first a rollout may be over in a moment, later it takes its time.
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.5, 5.0, 1.5

NOT_BEGUN = "interrupted before it began"


class NotReadyError(ReconcilerError):
    """What an action needs did not become healthy."""

    def __init__(self, need: ReleaseId, message: str) -> None:
        told = f"`reconcile diagnose --only name={need.name},namespace={need.namespace}` tells more"
        super().__init__(message, hint=told)
        self.need = need


class Gates:
    """The gates of one run: the time of each release counts from when it is first waited for, for all that need it.

    Args:
        judge: how a release is now.
        stop: setting it ends all waiting.
        is_ending: whether nothing more is to be begun; asked in each turn.
    """

    def __init__(
        self,
        judge: Judge,
        stop: threading.Event,
        is_ending: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._judge = judge
        self._stop = stop
        self._is_ending = is_ending
        self._clock = clock
        self._since: dict[ReleaseId, float] = {}
        self._healthy: set[ReleaseId] = set()

    def pass_through(self, action: Action) -> None:
        """Return when all that the action needs is healthy.

        Raises:
            NotReadyError: something failed, or its time is up, or `stop` was set.
            NotBegunError: nothing more is to be begun by now.
        """
        for gate in action.gates:
            trouble = self.wait_for(gate.release, gate.limit)
            if trouble:
                raise NotReadyError(gate.release, f"needs {gate.release}, but it {trouble}")
        self._go_on()

    def wait_for(self, release: ReleaseId, limit: Wait) -> str | None:
        """None when a release is healthy; else how it is, as soon as nothing is to be hoped for any more."""
        since = self._since.setdefault(release, self._clock())
        pause = _FIRST_PAUSE
        while release not in self._healthy:
            self._go_on()
            health = self._look(release)
            if health.is_healthy:
                self._healthy.add(release)
            elif health.condition is Condition.FAILED:
                return f"has failed: {health.reason}"
            elif limit.seconds is not None and self._clock() - since >= limit.seconds:
                return f"is not healthy after {limit.seconds:g} s: {health.reason}"
            elif self._stop.wait(pause):
                return f"was not healthy yet: {health.reason}"
            pause = min(_LONGEST_PAUSE, pause * _GROWTH)
        return None

    def _go_on(self) -> None:
        if self._is_ending():
            raise NotBegunError(NOT_BEGUN)

    def _look(self, release: ReleaseId) -> Health:
        try:
            return self._judge(release)
        except ReconcilerError as error:
            if is_passing(error):
                return Health(Condition.PROGRESSING, error.message)
            raise
