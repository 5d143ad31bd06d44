"""Which events are written, how many, and what becomes of a cluster that refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from reconciler.daemon.allowance import Allowance
from reconciler.daemon.telling.recorder import Recorder, happening_of
from reconciler.errors import ApiError, ClusterError, Location
from reconciler.model.desired import ClusterAccess
from reconciler.model.failure import Remedy
from reconciler.model.happening import Happening, Reason
from reconciler.model.identity import NamespaceId, ReleaseId
from reconciler.model.outcome import Remedied, Result
from reconciler.model.plan import ActionKind
from reconciler.model.secret import SecretText
from reconciler.model.sync import Step, StepEnded
from tests.daemon.stories import API, step

MAIN = ClusterAccess("main", SecretText(""), None, Path(), Location("env.yaml", 1, 1))
BACK = Remedied(Remedy.ROLLBACK, done=True, message="rolled back to revision 2")


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        (step(ActionKind.INSTALL), Reason.APPLIED),
        (step(ActionKind.UPGRADE), Reason.APPLIED),
        (step(ActionKind.CORRECT), Reason.DRIFT_CORRECTED),
        (step(result=Result.FAILED), Reason.FAILED),
        (replace(step(result=Result.FAILED), remedied=BACK), Reason.ROLLED_BACK),
        (replace(step(result=Result.FAILED), remedied=replace(BACK, done=False)), Reason.FAILED),
        (step(ActionKind.NONE, Result.UNCHANGED), None),
        (step(result=Result.SKIPPED), None),
        (step(ActionKind.UNINSTALL), None),
        (replace(step(ActionKind.CREATE), target=NamespaceId("main", "shop")), None),
    ],
)
def test_what_a_cluster_is_told(ended: Step, reason: Reason | None) -> None:
    """What was done to a release, or failed; nothing of what stayed, or is gone."""
    found = happening_of(ended)
    assert (found.reason if found else None) == reason


@dataclass
class Book:
    """A journal that is kept; it raises what it is given."""

    error: Exception | None = None
    written: list[Happening] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def record(self, happening: Happening) -> None:
        """See Journal."""
        self.gate.wait(10)
        self.written.append(happening)
        if self.error:
            raise self.error


@contextmanager
def recorder(book: Book) -> Iterator[Recorder]:
    """Introduced to the cluster main of staging; at the end all is written."""
    made = Recorder(lambda _access: book)
    made.introduce("staging", {"main": MAIN})
    yield made
    book.gate.set()
    made.close()


def test_events_go_to_the_cluster_of_the_release() -> None:
    """Those of clusters and environments that are not known are left out."""
    book = Book()
    with recorder(book) as made:
        made.tell(StepEnded("staging", "r1", step()))
        made.tell(StepEnded("other", "r2", step()))
        made.tell(StepEnded("staging", "r1", replace(step(), target=ReleaseId("second", "shop", "api"))))
    assert book.written == [Happening(API, Reason.APPLIED, "upgraded")]


def test_an_environment_that_is_gone_is_forgotten() -> None:
    """A daemon of months has seen many; nothing is written about it any more."""
    book = Book()
    with recorder(book) as made:
        made.introduce("staging", {})
        made.tell(StepEnded("staging", "r1", step()))
        assert made._journals == {}
    assert book.written == []


@pytest.mark.parametrize(
    ("error", "tried"),
    [
        (ApiError("no", status=403, reason="Forbidden"), 1),
        (ApiError("it is forbidden in shop because it is being terminated", status=403, reason="Forbidden"), 3),
        (ApiError("not found", status=404, reason="NotFound"), 3),
        (ApiError("the credentials were refused", status=401, reason="Unauthorized"), 3),
        (ApiError("too many requests", status=429, reason="TooManyRequests"), 3),
        (ApiError("etcdserver: request timed out", status=500, reason="InternalError"), 3),
        (ApiError("away", status=503, reason="ServiceUnavailable"), 3),
        (ClusterError("no route"), 3),
        (RuntimeError("a bug"), 3),
    ],
)
def test_a_cluster_that_refuses_is_left_alone(error: Exception, tried: int, caplog: pytest.LogCaptureFixture) -> None:
    """Rights that are missing are told once; what is otherwise answered, or not at all, may pass: an event is lost."""
    book = Book(error)
    with recorder(book) as made:
        for _ in range(3):
            made.tell(StepEnded("staging", "r1", step()))
    assert len(book.written) == tried
    assert caplog.text.count("no events are written") == (1 if tried == 1 else 0)


def test_telling_never_waits_and_has_a_bound() -> None:
    """A first apply of 500 releases writes some events, not all."""
    book = Book()
    with recorder(book) as made:
        for _ in range(500):
            made.tell(StepEnded("staging", "r1", step()))
    assert 50 <= len(book.written) <= 60


def test_an_allowance_fills_again() -> None:
    """Some at once, then one after each pause."""
    allowance = Allowance(burst=2, pause=10)
    taken = [allowance.take(now) for now in (0, 0, 0, 9, 10, 10, 1000, 1000, 1000)]
    assert taken == [True, True, False, False, True, False, True, True, False]
