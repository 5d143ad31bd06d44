"""What is tried again, how often, and how long in between."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

import pytest

from reconciler.apply.retries import Retrying, is_passing, pauses
from reconciler.errors import (
    ApiError,
    ClusterError,
    EngineError,
    LockLostError,
    NotBegunError,
    ReconcilerError,
    UnrecordedError,
)
from reconciler.model.desired import Release
from reconciler.model.failure import OnFailure, Retry
from reconciler.model.observed import ReleaseStatus, StoredRelease
from reconciler.model.plan import Action, ActionKind, ApplyObjects, WriteRelease
from tests.plan.factories import API, release, stored

BUSY = EngineError("cannot upgrade: etcdserver: request timed out")
SERVER = ApiError("busy", status=500, reason="InternalError")
QUICK = OnFailure(Retry(times=2, backoff=0.01, cap=0.02))
WORK = WriteRelease(replace(release(), on_failure=QUICK), "staging", 3, None, (), "reconciler: why")
UPGRADE = Action(ActionKind.UPGRADE, API, "", (), frozenset(), WORK)
CORRECT = replace(UPGRADE, kind=ActionKind.CORRECT, work=ApplyObjects((), "helm"))


@dataclass
class World:
    """Each try raises the next of `errors`, as long as there are some; the release is found as `found` says."""

    errors: list[ReconcilerError] = field(default_factory=list)
    found: list[StoredRelease | ReconcilerError] = field(default_factory=list)
    tried: list[Action] = field(default_factory=list)
    passed_over: list[ReconcilerError] = field(default_factory=list)
    completed: list[Action] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def perform(self, action: Action) -> None:
        """A try."""
        self.tried.append(action)
        if self.errors:
            raise self.errors.pop(0)

    def complete(self, action: Action) -> None:
        """What is done after a try; raises the next of `passed_over`, as long as there are some."""
        self.completed.append(action)
        if self.passed_over:
            raise self.passed_over.pop(0)

    def newest(self, _release: Release) -> StoredRelease | None:
        """A look."""
        found = self.found.pop(0)
        if isinstance(found, ReconcilerError):
            raise found
        return found

    def do(self, action: Action) -> None:
        """With retries, which do not really pause."""
        Retrying(self.perform, self.complete, self.newest, self.stop, jitter=self._noted)(action)

    def _noted(self, seconds: float) -> float:
        self.paused.append(seconds)
        return 0.0


@pytest.mark.parametrize(
    ("policy", "seconds"),
    [
        (Retry(0), []),
        (Retry(5, 2.0, 30.0), [2.0, 4.0, 8.0, 16.0, 30.0]),
        (Retry(3, 10.0, 5.0), [5.0, 5.0, 5.0]),
    ],
)
def test_each_pause_is_twice_as_long_up_to_a_cap(policy: Retry, seconds: list[float]) -> None:
    """A server that is busy is given more and more time."""
    assert list(pauses(policy)) == seconds


def test_what_may_pass_is_tried_again_from_what_was_written() -> None:
    """The failed revision is there by then; the next try makes the one after it."""
    world = World([BUSY], [stored(status=ReleaseStatus.FAILED, revision=3)])
    world.do(UPGRADE)
    assert [action.work.revision for action in world.tried if isinstance(action.work, WriteRelease)] == [3, 4]
    assert world.paused == [0.01]


def test_what_lasts_is_not_tried_again() -> None:
    """Its error is as it was."""
    error = EngineError('Deployment "x" is invalid', hint="look")
    world = World([error])
    with pytest.raises(EngineError) as caught:
        world.do(UPGRADE)
    assert caught.value is error
    assert len(world.tried) == 1


def test_the_last_error_says_how_often_it_was_tried() -> None:
    """With the hint of the last one."""
    world = World([BUSY, BUSY, EngineError("connection refused", hint="is it up?")], [stored(revision=2)] * 2)
    with pytest.raises(ReconcilerError) as caught:
        world.do(UPGRADE)
    assert (caught.value.message, caught.value.hint) == ("connection refused (tried 3 times)", "is it up?")
    assert world.paused == [0.01, 0.02]


def test_a_look_that_fails_is_a_try_too() -> None:
    """The server is as busy for reading as for writing."""
    world = World([BUSY], [ClusterError("cluster main: connection refused"), stored(revision=2)])
    world.do(UPGRADE)
    assert len(world.tried) == 2


def test_what_was_done_after_all_is_not_done_again() -> None:
    """Only the answer was lost."""
    world = World([BUSY], [stored(revision=3)])
    world.do(UPGRADE)
    assert len(world.tried) == 1


@pytest.mark.parametrize("error", [SERVER, UnrecordedError("cluster main: revision 3 is still pending-upgrade")])
def test_what_helm_passed_over_is_done_again_alone(error: ReconcilerError) -> None:
    """The release is deployed by then, so that Helm has nothing to do, but we have."""
    world = World([], [stored(revision=3)] * 2, passed_over=[error, error])
    world.do(UPGRADE)
    assert (world.tried, world.completed) == ([UPGRADE], [UPGRADE] * 3)


def test_what_cannot_be_completed_has_failed() -> None:
    """However well Helm did."""
    world = World([], [stored(revision=3)] * 2, passed_over=[SERVER] * 3)
    with pytest.raises(ReconcilerError, match=r"busy \(tried 3 times\)"):
        world.do(UPGRADE)


def test_other_work_is_simply_repeated() -> None:
    """An apply of objects is the same as often as it is done."""
    world = World([ApiError("busy", status=503, reason="ServiceUnavailable")])
    world.do(CORRECT)
    assert world.tried == [CORRECT, CORRECT]


def test_an_interrupt_ends_a_pause_at_once() -> None:
    """However long it would be; the error is that of the try before."""
    world = World([BUSY])
    patient = replace(WORK, release=replace(release(), on_failure=OnFailure(Retry(2, 600.0, 600.0))))
    threading.Timer(0.1, world.stop.set).start()
    started = time.monotonic()
    with pytest.raises(NotBegunError, match="etcdserver"):
        Retrying(world.perform, world.complete, world.newest, world.stop)(replace(UPGRADE, work=patient))
    assert time.monotonic() - started < 5


def test_a_lock_that_is_lost_is_told_apart_after_another_failure() -> None:
    """Whoever catches it does so by its kind."""
    world = World([SERVER, LockLostError("lost the lock")])
    with pytest.raises(LockLostError):
        world.do(CORRECT)
    assert len(world.tried) == 2


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (ApiError("x", status=429, reason="TooManyRequests"), True),
        (ApiError("x", status=500, reason="InternalError"), True),
        (ApiError("x", status=503, reason="ServiceUnavailable"), True),
        (ApiError("x", status=504, reason="Timeout"), True),
        (ApiError("x", status=409, reason="Conflict"), True),
        (ApiError("x", status=409, reason="AlreadyExists"), False),
        (ApiError("x", status=401, reason="Unauthorized"), False),
        (ApiError("x", status=403, reason="Forbidden"), False),
        (ApiError("connection refused", status=422, reason="Invalid"), False),
        (ClusterError("cluster main: https://a cannot be reached: connection refused"), True),
        (ClusterError("cluster main: https://a cannot be reached: its certificate is not trusted"), False),
        (EngineError("cannot upgrade: it was cancelled"), False),
    ],
)
def test_which_errors_may_pass(error: ReconcilerError, *, passing: bool) -> None:
    """A server's answer by its status; anything else by its words."""
    assert is_passing(error) is passing
