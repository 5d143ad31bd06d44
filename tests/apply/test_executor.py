"""Plans → what is done, in which order, and what becomes of each action."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import pytest

from reconciler.apply.executor import Executor, Hands, Haste
from reconciler.apply.gates import NotReadyError
from reconciler.errors import ApiError, LockLostError, NotBegunError, ReconcilerError
from reconciler.model.failure import Remedy
from reconciler.model.finding import Cause, Finding, Trouble
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.outcome import Outcome, Remedied, Result, Started, Step
from reconciler.model.plan import Action, ActionKind, ApplyObjects, Plan
from reconciler.model.secret import MASK, Mask, SecretText

WORK = ApplyObjects((), "helm")


def step(name: str, *needs: str, kind: ActionKind = ActionKind.UPGRADE) -> Action:
    """An action on a release called `name`."""
    work = None if kind in (ActionKind.NONE, ActionKind.BLOCKED) else WORK
    wanted = frozenset(map(_target, needs))
    return Action(kind, _target(name), f"reason of {name}", (), wanted, work)


def _target(name: str) -> ReleaseId:
    return ReleaseId("main", "shop", name)


def plan(*actions: Action) -> Plan:
    """A plan of these steps."""
    return Plan("staging", actions)


@dataclass
class Recorder:
    """Notes what is performed and said; `fails` and `during` say what goes wrong."""

    fails: dict[str, BaseException] = field(default_factory=dict)
    during: Callable[[str], None] = lambda _name: None
    performed: list[str] = field(default_factory=list)
    events: list[Step] = field(default_factory=list)
    interrupts: Iterable[str] = ()
    cancels: int = 0
    explained: list[tuple[str, str, str | None]] = field(default_factory=list)
    unexplained: Iterable[str] = ()
    healed: list[str] = field(default_factory=list)
    incurable: Iterable[str] = ()

    def perform(self, action: Action) -> None:
        """The work."""
        name = action.target.name
        self.performed.append(name)
        self.during(name)
        if name in self.fails:
            raise self.fails[name]

    def emit(self, event: Step) -> None:
        """Take an event; Ctrl-C comes while those of `interrupts` are told."""
        self.events.append(event)
        if _told(event) in self.interrupts:
            raise KeyboardInterrupt

    def cancel(self) -> None:
        """Count the requests to end."""
        self.cancels += 1

    def explain(self, target: Target, trouble: Trouble) -> tuple[Finding, ...]:
        """Note what was asked about; one of `unexplained` is a bug of the explanation."""
        self.explained.append((target.name, trouble.told, trouble.hint))
        if target.name in self.unexplained:
            raise KeyError(target.name)
        return (Finding(Cause.FAILED, target, None, trouble.told, (), "", None),)

    def heal(self, action: Action) -> Remedied | None:
        """Note what is remedied, and that it was explained before; one of `incurable` is a bug of the remedy."""
        assert action.target.name in [name for name, _, _ in self.explained]
        self.healed.append(action.target.name)
        if action.target.name in self.incurable:
            raise KeyError("s3cret-password")
        return Remedied(Remedy.ROLLBACK, done=True, message="back, without s3cret-password")

    @property
    def hands(self) -> Hands:
        """What the executor works with."""
        return Hands(self.perform, self.cancel, self.explain, self.heal)

    def run(self, *actions: Action, workers: int = 4, mask: Mask | None = None) -> Outcome:
        """Execute a plan of these steps."""
        return Executor(plan(*actions), self.hands, self.emit, mask or Mask(), workers).run()


def _told(event: Step) -> str:
    name = event.action.target.name
    return f"{name} starts" if isinstance(event, Started) else f"{name} {event.result}"


def results(outcome: Outcome) -> dict[str, str]:
    """What became of each."""
    return {item.action.target.name: item.result.value for item in outcome.actions}


def test_an_empty_plan_converges() -> None:
    """Nothing to do is no failure."""
    outcome = Recorder().run()
    assert (outcome.actions, outcome.converged) == ((), True)


def test_what_is_needed_is_done_before() -> None:
    """Each step begins only when all that it needs has ended."""
    recorder = Recorder()
    outcome = recorder.run(step("a"), step("b", "a"), step("c", "a", "b"))
    told = [_told(event) for event in recorder.events]
    assert told == ["a starts", "a done", "b starts", "b done", "c starts", "c done"]
    assert outcome.converged
    assert [item.action.target.name for item in outcome.actions] == ["a", "b", "c"]
    assert [item.message for item in outcome.actions] == ["reason of a", "reason of b", "reason of c"]


def test_the_outcome_is_in_the_order_of_the_plan() -> None:
    """However long each takes."""
    recorder = Recorder(during=lambda name: time.sleep(0.2 if name == "a" else 0))
    outcome = recorder.run(step("a"), step("b"), step("c"))
    assert [item.action.target.name for item in outcome.actions] == ["a", "b", "c"]
    assert outcome.actions[0].seconds >= 0.2


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_no_more_run_side_by_side_than_workers(workers: int) -> None:
    """The bound is reached and never passed."""
    lock, running, most = threading.Lock(), 0, 0

    def during(_name: str) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1

    outcome = Recorder(during=during).run(*(step(f"r{number}") for number in range(12)), workers=workers)
    assert outcome.converged
    assert most == workers


def test_a_slow_step_does_not_hold_up_the_others() -> None:
    """There are no waves: a step begins as soon as its own needs are in place."""
    after_fast = threading.Event()

    def during(name: str) -> None:
        if name == "slow":
            assert after_fast.wait(5)
        if name == "after":
            after_fast.set()

    outcome = Recorder(during=during).run(step("slow"), step("fast"), step("after", "fast"), workers=2)
    assert outcome.converged


def test_a_failure_skips_what_needs_it_and_nothing_else() -> None:
    """Through every step of the needs; the outcome names what was lacking."""
    recorder = Recorder(fails={"bad": ReconcilerError("it broke", hint="mend it")})
    outcome = recorder.run(step("bad"), step("next", "bad"), step("last", "next"), step("beside"))
    assert results(outcome) == {"bad": "failed", "next": "skipped", "last": "skipped", "beside": "done"}
    assert [(item.message, item.hint) for item in outcome.actions[:3]] == [
        ("it broke", "mend it"),
        ("needs release shop/bad", None),
        ("needs release shop/next", None),
    ]
    assert sorted(recorder.performed) == ["bad", "beside"]
    assert not outcome.converged


def test_what_is_blocked_is_not_tried() -> None:
    """It counts as failed, with the plan's reason, and what needs it is skipped."""
    recorder = Recorder()
    outcome = recorder.run(step("bad", kind=ActionKind.BLOCKED), step("next", "bad"))
    assert results(outcome) == {"bad": "failed", "next": "skipped"}
    assert outcome.actions[0].message == "reason of bad"
    assert recorder.performed == []


def test_what_has_nothing_to_do_is_unchanged_and_in_place() -> None:
    """It is said to be unchanged even when what it needs failed, and others may build on it."""
    recorder = Recorder(fails={"bad": ReconcilerError("x")})
    outcome = recorder.run(
        step("bad"),
        step("same", "bad", kind=ActionKind.NONE),
        step("next", "same"),
        step("first", kind=ActionKind.NONE),
    )
    assert results(outcome) == {"bad": "failed", "same": "unchanged", "next": "done", "first": "unchanged"}


def test_errors_are_masked() -> None:
    """Message and hint are foreign text: a secret in them is hidden."""
    error = ApiError("denied: s3cret-password", status=400, reason="", hint="drop s3cret-password")
    mask = Mask.of([SecretText("s3cret-password")])
    (found,) = Recorder(fails={"bad": error}).run(step("bad"), mask=mask).actions
    assert (found.message, found.hint) == (f"denied: {MASK}", f"drop {MASK}")


@pytest.mark.parametrize("error", [ValueError("s3cret-password"), KeyError("x"), RecursionError("deep")])
def test_a_bug_of_ours_is_a_failure_like_any_other(error: Exception) -> None:
    """It is called what it is, the rest of the plan goes on, and nothing hangs or is lost."""
    mask = Mask.of([SecretText("s3cret-password")])
    outcome = Recorder(fails={"bad": error}).run(step("bad"), step("next", "bad"), step("beside"), mask=mask)
    assert results(outcome) == {"bad": "failed", "next": "skipped", "beside": "done"}
    message = outcome.actions[0].message
    assert message.startswith(f"a bug in reconciler: {type(error).__name__}: ")
    assert "s3cret-password" not in message
    assert outcome.actions[0].hint


def test_events_come_one_at_a_time() -> None:
    """Whoever takes them, such as a progress line, need not be safe for threads."""
    threads = set()
    recorder = Recorder(during=lambda _name: time.sleep(0.01))
    emit = recorder.emit

    def noting(event: Step) -> None:
        threads.add(threading.get_ident())
        emit(event)

    steps = plan(*(step(f"r{number}") for number in range(8)))
    Executor(steps, recorder.hands, noting, Mask(), 4).run()
    assert threads == {threading.get_ident()}
    assert len(recorder.events) == 16


@pytest.mark.parametrize("at", ["a starts", "a done", "b starts", "same unchanged", "bad failed"])
def test_an_interrupt_starts_nothing_more_and_loses_nothing(at: str) -> None:
    """Whenever Ctrl-C comes, every action has an outcome, and what was done is told as done."""
    recorder = Recorder(interrupts=[at])
    steps = [
        step("same", kind=ActionKind.NONE),
        step("bad", kind=ActionKind.BLOCKED),
        step("a"),
        step("b", "a"),
        step("c", "b"),
    ]
    outcome = recorder.run(*steps, workers=1)
    found = results(outcome)
    assert recorder.cancels > 0
    assert list(found) == ["same", "bad", "a", "b", "c"]
    assert (found["same"], found["bad"], found["c"]) == ("unchanged", "failed", "cancelled")
    for name in ("a", "b"):
        assert found[name] == ("done" if name in recorder.performed else "cancelled")
    assert outcome.actions[-1].message == "interrupted before it began"


def test_what_an_interrupt_ended_is_cancelled_with_its_message() -> None:
    """An operation that was under way raises; that is no failure of its own."""
    begun, ended = threading.Event(), threading.Event()

    @dataclass
    class Interrupted(Recorder):
        def cancel(self) -> None:
            ended.set()

    def during(name: str) -> None:
        begun.set()
        assert ended.wait(5)
        raise ReconcilerError(f"{name} was cancelled")

    def interrupt() -> None:
        begun.wait(5)
        signal.raise_signal(signal.SIGINT)

    recorder = Interrupted(during=during)
    threading.Thread(target=interrupt).start()
    outcome = recorder.run(step("a"), step("b", "a"))
    assert results(outcome) == {"a": "cancelled", "b": "cancelled"}
    assert outcome.actions[0].message == "a was cancelled"


CHILD = """
import os, threading
from reconciler.apply.executor import Executor, Hands, Haste
from reconciler.errors import ReconcilerError
from reconciler.model.secret import Mask
from tests.apply.test_executor import plan, results, step

ended = threading.Event()
def perform(action):
    os.write(1, f"began {action.target.name}\\n".encode())  # in one piece, from two threads
    if ended.wait(30):
        raise ReconcilerError("told to end")
steps = plan(*(step(f"r{n}") for n in range(3)), step("after", "r0"))
hands = Hands(perform, ended.set, lambda *failed: ())
print(results(Executor(steps, hands, lambda event: None, Mask(), 2).run()), flush=True)
"""


@pytest.mark.parametrize("signals", [1, 3, 50])
def test_a_real_signal(signals: int) -> None:
    """SIGINT, also when the user presses Ctrl-C again and again: what runs is told to end, and all is accounted for."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=pipe, stderr=pipe, text=True) as child:
        assert child.stdout
        began = {child.stdout.readline().strip().removeprefix("began ") for _ in range(2)}
        for _ in range(signals):
            child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=20)
        assert child.returncode == 0, err
    assert began == {"r0", "r1"}
    assert out.strip() == str(dict.fromkeys(["r0", "r1", "r2", "after"], "cancelled"))


def test_an_operation_that_begins_during_an_interrupt_is_ended_too() -> None:
    """Helm may not know yet of what was just started when it is told to end everything: it is told again."""
    ended = threading.Event()

    @dataclass
    class Deaf(Recorder):
        def cancel(self) -> None:
            super().cancel()
            if self.cancels > 1:
                ended.set()

    def during(name: str) -> None:
        assert ended.wait(5)
        raise ReconcilerError(f"{name} was cancelled")

    outcome = Deaf(during=during, interrupts=["b starts"]).run(step("a"), step("b"))
    assert results(outcome) == {"a": "cancelled", "b": "cancelled"}


def test_five_hundred_steps_take_no_time_of_their_own() -> None:
    """The executor looks at each action when something ended; that must not grow into seconds."""
    steps = [step(f"r{number}", *([f"r{number - 1}"] if number % 5 else [])) for number in range(500)]
    started = time.process_time()
    assert Recorder().run(*steps).converged
    assert time.process_time() - started < 2


def test_a_failed_step_keeps_its_time() -> None:
    """How long it took is a fact of failures too."""
    recorder = Recorder(fails={"a": ReconcilerError("x")}, during=lambda _name: time.sleep(0.05))
    (found,) = recorder.run(step("a")).actions
    assert found.result is Result.FAILED
    assert found.seconds >= 0.05


def test_a_failure_is_explained_at_once_and_nothing_else_is() -> None:
    """What failed or is blocked is looked into right then; what went well, or was skipped, costs nothing."""
    recorder = Recorder(fails={"bad": ReconcilerError("it broke", hint="mend it")})
    blocked = step("blocked", kind=ActionKind.BLOCKED)
    outcome = recorder.run(step("good"), step("bad"), step("after", "bad"), blocked)
    assert sorted(recorder.explained) == [("bad", "it broke", "mend it"), ("blocked", "reason of blocked", None)]
    found = {item.action.target.name: [each.message for each in item.findings] for item in outcome.actions}
    assert found == {"good": [], "bad": ["it broke"], "after": [], "blocked": ["reason of blocked"]}


def test_an_explanation_that_fails_hides_nothing() -> None:
    """A bug in it is not the user's trouble: the failure is told all the same."""
    recorder = Recorder(fails={"bad": ReconcilerError("it broke")}, unexplained=["bad"])
    (outcome,) = recorder.run(step("bad")).actions
    assert (outcome.result, outcome.message, outcome.findings) == (Result.FAILED, "it broke", ())


def test_a_failure_is_remedied_once_it_is_explained() -> None:
    """Both are in the outcome, masked; a bug of the remedy is told, and loses nothing."""
    recorder = Recorder(fails={"a": ReconcilerError("no"), "b": ReconcilerError("no")}, incurable=["b"])
    outcome = recorder.run(step("a"), step("b"), step("c"), mask=Mask.of([SecretText("s3cret-password")]))
    found = {item.action.target.name: item for item in outcome.actions}
    assert sorted(recorder.healed) == ["a", "b"]
    assert found["a"].message == "no"
    assert found["a"].remedied == Remedied(Remedy.ROLLBACK, done=True, message=f"back, without {MASK}")
    assert found["b"].remedied is not None
    assert (found["b"].remedied.done, found["b"].remedied.message) == (False, f"a bug in reconciler: '{MASK}'")
    assert found["c"].remedied is None


def test_a_remedy_without_the_lock_is_no_bug() -> None:
    """Whoever lost the lock in an action has lost it for the remedy too, and is told that in the same words."""

    def heal(_action: Action) -> Remedied:
        raise LockLostError("lost the lock of cluster main")

    recorder = Recorder(fails={"a": ReconcilerError("no")})
    hands = replace(recorder.hands, heal=heal)
    (outcome,) = Executor(plan(step("a")), hands, recorder.emit, Mask(), 1).run().actions
    assert outcome.remedied == Remedied(Remedy.LEAVE, done=False, message="lost the lock of cluster main")


def test_what_is_blocked_needs_no_remedy() -> None:
    """Nothing was tried."""
    recorder = Recorder()
    recorder.run(step("a", kind=ActionKind.BLOCKED))
    assert recorder.healed == []


def test_an_action_whose_need_is_not_healthy_is_skipped_and_the_need_is_explained() -> None:
    """It was not begun, so there is nothing of its own to look into, and nothing to remedy."""
    recorder = Recorder(fails={"api": NotReadyError(_target("redis"), "needs release shop/redis, but it sleeps")})
    outcome = recorder.run(step("redis"), step("api", "redis"), step("web", "api"))
    assert [item.result for item in outcome.actions] == [Result.DONE, Result.SKIPPED, Result.SKIPPED]
    assert [finding.target for finding in outcome.actions[1].findings] == [_target("redis")]
    assert recorder.healed == []


def test_what_was_not_begun_at_its_gate_is_cancelled() -> None:
    """Nothing failed, so there is nothing to look into, and nothing to remedy."""
    recorder = Recorder(fails={"api": NotBegunError("interrupted before it began")})
    outcome = recorder.run(step("api"), step("web", "api"))
    assert [item.result for item in outcome.actions] == [Result.CANCELLED, Result.SKIPPED]
    assert (recorder.explained, recorder.healed) == ([], [])


@pytest.mark.parametrize(
    ("haste", "result"),
    [(Haste.NONE, Result.FAILED), (Haste.WIND_DOWN, Result.CANCELLED), (Haste.AT_ONCE, Result.CANCELLED)],
)
def test_a_lock_that_is_lost_while_the_run_ends_is_no_failure(haste: Haste, result: Result) -> None:
    """Such as with the lead: another replica has taken both. It is not explained, nor remedied, nor tried again."""
    hastes = [Haste.NONE]
    lost = LockLostError("lost the lock of cluster main")
    recorder = Recorder(fails={"api": lost}, during=lambda _name: hastes.append(haste))
    executor = Executor(plan(step("api")), recorder.hands, recorder.emit, Mask(), 1, lambda: hastes[-1])
    (outcome,) = executor.run().actions
    assert (outcome.result, outcome.message) == (result, "lost the lock of cluster main")
    assert len(recorder.explained) == len(recorder.healed) == (result is Result.FAILED)


def test_it_winds_down() -> None:
    """What has begun comes to its end by itself, and nothing else begins: neither what needs it nor what waits."""
    hastes, asked = [Haste.NONE], threading.Semaphore(0)

    def wind_down(_name: str) -> None:
        hastes.append(Haste.WIND_DOWN)
        # Twice in each turn.
        assert all(asked.acquire(timeout=20) for _ in range(2))

    def haste() -> Haste:
        if hastes[-1] is Haste.WIND_DOWN:
            asked.release()
        return hastes[-1]

    recorder = Recorder(during=wind_down)
    steps = plan(step("base"), step("app", "base"), step("other"), step("same", kind=ActionKind.NONE))
    executor = Executor(steps, recorder.hands, recorder.emit, Mask(), 1, haste)
    assert results(executor.run()) == {
        "base": "done",
        "app": "cancelled",
        "other": "cancelled",
        "same": "unchanged",
    }
    assert (recorder.performed, recorder.cancels) == (["base"], 0)
