"""Plan → events → outcome. Decides nothing: it takes each step when what it needs is in place."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from reconciler.errors import ReconcilerError
from reconciler.model.identity import Target
from reconciler.model.outcome import ActionOutcome, Event, Outcome, Result, Started
from reconciler.model.plan import Action, ActionKind, Plan
from reconciler.model.secret import Mask

Perform = Callable[[Action], None]
Emit = Callable[[Event], None]

# Each operation of Helm keeps about half a core busy while it renders and encodes; more at once gain nothing.
DEFAULT_WORKERS = 4

_IN_PLACE = (Result.DONE, Result.UNCHANGED)


class Executor:
    """Executes one plan. An interrupt ends what is under way in order, and starts nothing more."""

    def __init__(
        self, plan: Plan, perform: Perform, cancel: Callable[[], None], emit: Emit, mask: Mask, workers: int
    ) -> None:
        self._plan = plan
        self._perform = perform
        self._cancel = cancel
        self._emit = emit
        self._mask = mask
        self._workers = workers
        self._outcomes: dict[Target, ActionOutcome] = {}
        self._running: dict[Future[ActionOutcome], Action] = {}
        self._waiting: dict[Target, Action] = {}
        self._cancelled = False

    def run(self) -> Outcome:
        """Take every step that can be taken. Never raises for a step that fails: the outcome says so."""
        self._waiting = {action.target: action for action in self._plan.actions}
        with ThreadPoolExecutor(self._workers) as pool:
            while self._waiting or self._running:
                try:
                    self._advance(pool)
                    self._collect()
                except KeyboardInterrupt:
                    self._interrupt()
        return Outcome(self._plan, tuple(self._outcomes[action.target] for action in self._plan.actions))

    def _advance(self, pool: ThreadPoolExecutor) -> None:
        """Settle or start all that can be, as long as that frees others."""
        moved = True
        while moved:
            moved = False
            for action in list(self._waiting.values()):
                settled = self._settled(action)
                if settled:
                    del self._waiting[action.target]
                    self._record(settled)
                    moved = True
                elif len(self._running) < self._workers and self._is_ready(action):
                    del self._waiting[action.target]
                    self._running[pool.submit(self._attempt, action)] = action

    def _settled(self, action: Action) -> ActionOutcome | None:
        """The outcome of an action that is not to be tried, or None."""
        if action.kind is ActionKind.BLOCKED:
            return ActionOutcome(action, Result.FAILED, action.reason, None, 0.0)
        lacking = [need for need in action.needs if self._has_failed(need)]
        if action.work is None:
            return ActionOutcome(action, Result.UNCHANGED, action.reason, None, 0.0)
        if self._cancelled:
            return ActionOutcome(action, Result.CANCELLED, "interrupted before it began", None, 0.0)
        if lacking:
            return ActionOutcome(action, Result.SKIPPED, f"needs {sorted(map(str, lacking))[0]}", None, 0.0)
        return None

    def _has_failed(self, target: Target) -> bool:
        outcome = self._outcomes.get(target)
        return outcome is not None and outcome.result not in _IN_PLACE

    def _is_ready(self, action: Action) -> bool:
        return all(need in self._outcomes for need in action.needs)

    def _attempt(self, action: Action) -> ActionOutcome:
        self._emit(Started(action))
        started = time.monotonic()
        try:
            self._perform(action)
        except ReconcilerError as error:
            result = Result.CANCELLED if self._cancelled else Result.FAILED
            message = self._mask.text(error.message)
            return ActionOutcome(action, result, message, error.hint, time.monotonic() - started)
        return ActionOutcome(action, Result.DONE, action.reason, None, time.monotonic() - started)

    def _collect(self) -> None:
        """Wait until something ends. In short turns, so that an interrupt is never kept waiting."""
        if not self._running:
            return
        done, _ = wait(self._running, timeout=0.5, return_when=FIRST_COMPLETED)
        for future in done:
            del self._running[future]
            self._record(future.result())

    def _record(self, outcome: ActionOutcome) -> None:
        self._outcomes[outcome.action.target] = outcome
        self._emit(outcome)

    def _interrupt(self) -> None:
        self._cancelled = True
        self._cancel()
