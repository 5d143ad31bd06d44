"""Plan → events → outcome. Decides nothing: it takes each step when what it needs is in place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.apply.gates import NOT_BEGUN, NotReadyError
from reconciler.apply.interrupts import noted
from reconciler.errors import LockLostError, NotBegunError, ReconcilerError
from reconciler.model.failure import Remedy
from reconciler.model.finding import Finding, Trouble
from reconciler.model.identity import Target
from reconciler.model.outcome import ActionOutcome, Outcome, Remedied, Result, Started, Step
from reconciler.model.plan import Action, ActionKind, Plan
from reconciler.model.secret import Mask

Perform = Callable[[Action], None]
# What is found about something that failed, by what was told of it; asked right then, before anything changes.
Explain = Callable[[Target, Trouble], tuple[Finding, ...]]
# What is done about an action that failed, once it was explained.
Heal = Callable[[Action], Remedied | None]
Emit = Callable[[Step], None]


class Haste(StrEnum):
    """How soon a run has to end. WIND_DOWN: it begins nothing more; AT_ONCE: what is under way is ended in order."""

    NONE = "none"
    WIND_DOWN = "wind down"
    AT_ONCE = "at once"


def unhurried() -> Haste:
    """It may take the time that it takes."""
    return Haste.NONE


@dataclass(frozen=True, slots=True)
class Hands:
    """What an executor works with: does an action, ends all that are under way, tells why one failed, remedies that."""

    perform: Perform
    cancel: Callable[[], None]
    explain: Explain
    heal: Heal = lambda _action: None


class Executor:
    """Executes one plan. An interrupt ends what is under way in order, and starts nothing more.

    Signals are only noted, and looked at in each turn. Whoever is told an event may interrupt too, so each step of the
    bookkeeping can be taken twice, and no step but the last one decides: a worker notes itself what it began and what
    came of it.
    """

    def __init__(
        self,
        plan: Plan,
        hands: Hands,
        emit: Emit,
        mask: Mask,
        workers: int,
        haste: Callable[[], Haste] = unhurried,
    ) -> None:
        self._plan = plan
        self._hands = hands
        self._emit = emit
        self._mask = mask
        self._workers = workers
        self._haste = haste
        self._outcomes: dict[Target, ActionOutcome] = {}
        self._begun: set[Target] = set()
        self._ended: dict[Target, ActionOutcome] = {}
        self._news = threading.Event()
        self._cancelled = False

    def run(self) -> Outcome:
        """Take every step that can be taken. Never raises for a step that fails: the outcome says so."""
        with noted(self._note_interrupt), ThreadPoolExecutor(self._workers) as pool:
            while len(self._outcomes) < len(self._plan.actions):
                try:
                    self._end_if_cancelled()
                    self._advance(pool)
                    self._collect()
                except KeyboardInterrupt:
                    self._note_interrupt()
        return Outcome(self._plan, tuple(self._outcomes[action.target] for action in self._plan.actions))

    def _note_interrupt(self) -> None:
        self._cancelled = True

    def _end_if_cancelled(self) -> None:
        """At every turn: an operation may have been about to begin when the others were told to end."""
        if self._haste() is Haste.AT_ONCE:
            self._note_interrupt()
        if self._cancelled:
            self._hands.cancel()

    def _advance(self, pool: ThreadPoolExecutor) -> None:
        """Settle or start all that can be, as long as that frees others."""
        moved = True
        while moved:
            moved = False
            # Once for all of them: the answer may take a look at the clock and its zones.
            is_ending = self._haste() is not Haste.NONE
            for action in self._waiting():
                settled = self._settled(action, is_ending=is_ending)
                if settled:
                    self._record(settled)
                    moved = True
                elif len(self._begun) - len(self._ended) < self._workers and self._is_ready(action):
                    self._emit(Started(action))
                    pool.submit(self._attempt, action)
                    self._begun.add(action.target)

    def _waiting(self) -> list[Action]:
        return [
            action
            for action in self._plan.actions
            if action.target not in self._begun and action.target not in self._outcomes
        ]

    def _settled(self, action: Action, *, is_ending: bool) -> ActionOutcome | None:
        """The outcome of an action that is not to be tried, or None."""
        if action.kind is ActionKind.BLOCKED:
            blocked = ActionOutcome(action, Result.FAILED, action.reason, None, 0.0)
            return replace(blocked, findings=self._explained(action.target, blocked))
        lacking = [need for need in action.needs if self._has_failed(need)]
        if action.work is None:
            return ActionOutcome(action, Result.UNCHANGED, action.reason, None, 0.0)
        if self._cancelled or is_ending:
            return ActionOutcome(action, Result.CANCELLED, NOT_BEGUN, None, 0.0)
        if lacking:
            return ActionOutcome(action, Result.SKIPPED, f"needs {sorted(map(str, lacking))[0]}", None, 0.0)
        return None

    def _has_failed(self, target: Target) -> bool:
        outcome = self._outcomes.get(target)
        return outcome is not None and not outcome.result.is_in_place

    def _is_ready(self, action: Action) -> bool:
        return all(need in self._outcomes for need in action.needs)

    def _attempt(self, action: Action) -> None:
        """In a worker. Noted as begun before the look at `_cancelled`, which is set before the look at what began."""
        self._begun.add(action.target)
        started = time.monotonic()
        outcome, culprit = self._attempted(action)
        outcome = replace(outcome, seconds=time.monotonic() - started)
        if culprit:
            outcome = replace(outcome, findings=self._explained(culprit, outcome))
        if outcome.result is Result.FAILED:
            outcome = replace(outcome, remedied=self._healed(action))
        self._ended[action.target] = outcome
        self._news.set()

    def _attempted(self, action: Action) -> tuple[ActionOutcome, Target | None]:
        """How it ended, and what is to be looked into."""
        if self._cancelled:
            return ActionOutcome(action, Result.CANCELLED, NOT_BEGUN, None, 0.0), None
        try:
            self._hands.perform(action)
        except ReconcilerError as error:
            result = self._result_of(error)
            hint = self._mask.text(error.hint) if error.hint else None
            culprit = error.need if isinstance(error, NotReadyError) else action.target
            outcome = ActionOutcome(action, result, self._mask.text(error.message), hint, 0.0)
            return outcome, None if result is Result.CANCELLED else culprit
        except Exception as error:  # noqa: BLE001 - one action's bug must not lose the outcome of the others
            bug = self._mask.text(f"a bug in reconciler: {type(error).__name__}: {error}")
            hint = "please report it; the rest of the plan is not affected"
            return ActionOutcome(action, Result.FAILED, bug, hint, 0.0), action.target
        return ActionOutcome(action, Result.DONE, action.reason, None, 0.0), None

    def _result_of(self, error: ReconcilerError) -> Result:
        # Whoever takes over the run's work takes its lock too: that is no failure of the action.
        is_superseded = isinstance(error, LockLostError) and self._haste() is not Haste.NONE
        if self._cancelled or is_superseded or isinstance(error, NotBegunError):
            return Result.CANCELLED
        return Result.SKIPPED if isinstance(error, NotReadyError) else Result.FAILED

    def _explained(self, culprit: Target, outcome: ActionOutcome) -> tuple[Finding, ...]:
        try:
            return self._hands.explain(culprit, Trouble(outcome.message, outcome.hint, outcome.action.cause))
        except Exception:  # noqa: BLE001 - whatever befalls the explanation, the failure itself is told
            return ()

    def _healed(self, action: Action) -> Remedied | None:
        try:
            remedied = self._hands.heal(action)
        except ReconcilerError as error:
            return Remedied(Remedy.LEAVE, done=False, message=self._mask.text(error.message))
        except Exception as error:  # noqa: BLE001 - as above
            return Remedied(Remedy.LEAVE, done=False, message=self._mask.text(f"a bug in reconciler: {error}"))
        return remedied and replace(remedied, message=self._mask.text(remedied.message))

    def _collect(self) -> None:
        """Wait until something ends. In short turns, so that an interrupt is never kept waiting."""
        if all(target in self._outcomes for target in list(self._begun)):
            return
        self._news.wait(0.5)
        self._news.clear()
        for target, outcome in list(self._ended.items()):
            if target not in self._outcomes:
                self._record(outcome)

    def _record(self, outcome: ActionOutcome) -> None:
        self._outcomes[outcome.action.target] = outcome
        self._emit(outcome)
