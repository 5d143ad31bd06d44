"""Couriers: when messages are sent, to a real server or to one that is watched."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from reconciler.adapters.posting import HttpPost
from reconciler.daemon.telling import notify
from reconciler.daemon.telling.notify import Courier, Reader
from reconciler.daemon.timing import Backoff
from reconciler.model.news import Answered, Subject
from reconciler.model.secret import SecretText
from reconciler.model.sync import ConditionKind, Notice, ViewChanged
from reconciler.report.news import webhook_content
from tests.adapters.kube.servers import Answer, serve
from tests.daemon.stories import NOW, view

TAKEN = Answered(accepted=True)
BUSY = Answered(accepted=False, message="busy")
NEVER = Answered(accepted=False, final=True, message="no such channel")

pytestmark = pytest.mark.usefixtures("no_proxy")


@dataclass
class Box:
    """A post that takes what it is given, and answers as told; the last answer again and again."""

    answers: list[Answered] = field(default_factory=lambda: [TAKEN])
    taken: list[list[str]] = field(default_factory=list)
    closed: bool = False
    gate: threading.Event = field(default_factory=threading.Event)

    def post(self, content: bytes) -> Answered:
        """See Post; waits until the gate is open."""
        self.gate.wait(10)
        self.taken.append([item["environment"] for item in json.loads(content)["events"]])
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def close(self) -> None:
        """See Post."""
        self.closed = True


def reader(box: Box, every: float = 0.0) -> Reader:
    """Wants everything."""
    return Reader("webhook", box, webhook_content, frozenset(Subject), ("*",), every)


Counts = list[tuple[str, str, int]]


@contextmanager
def courier(told: Reader, counts: Counts | None = None) -> Iterator[Courier]:
    """At work."""
    noted: Counts = [] if counts is None else counts
    made = Courier(told, lambda: NOW, lambda *count: noted.append(count))
    try:
        yield made
    finally:
        made.close()


def until(done: Callable[[], bool]) -> None:
    """Wait for something, ten seconds at most."""
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.005)


def failing(name: str) -> Notice:
    """An environment that fails."""
    return ViewChanged(view(ConditionKind.FAILED, name=name))


def opened(*answers: Answered) -> Box:
    """A box that does not wait."""
    box = Box(list(answers) or [TAKEN])
    box.gate.set()
    return box


def test_what_happens_meanwhile_goes_into_one_message() -> None:
    """While one is on its way, and for `every` after it."""
    box, counts = Box(), Counts()
    with courier(reader(box), counts) as made:
        made.tell(failing("a"))
        until(lambda: not made._waiting)
        for name in "bcd":
            made.tell(failing(name))
        box.gate.set()
        until(lambda: len(box.taken) == 2)
    assert box.taken == [["a"], ["b", "c", "d"]]
    assert counts == [("webhook", "sent", 1), ("webhook", "sent", 3)]


def test_messages_are_not_sent_more_often_than_wanted() -> None:
    """The second waits; when the daemon ends, it is sent at once."""
    box = opened()
    with courier(reader(box, every=3600.0)) as made:
        made.tell(failing("a"))
        until(lambda: len(box.taken) == 1)
        made.tell(failing("b"))
        assert box.taken == [["a"]]
    assert box.taken == [["a"], ["b"]]
    assert box.closed


def test_telling_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the server takes; what is too much is dropped, the oldest first, and counted."""
    monkeypatch.setattr(notify, "_MOST_WAITING", 3)
    box, counts = Box(), Counts()
    with courier(reader(box), counts) as made:
        made.tell(failing("first"))
        until(lambda: not made._waiting)
        begin = time.monotonic()
        for name in "abcde":
            made.tell(failing(name))
        assert time.monotonic() - begin < 5
        box.gate.set()
    assert box.taken == [["first"], ["c", "d", "e"]]
    assert sum(count for _, word, count in counts if word == "dropped") == 2


def test_what_was_not_taken_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """In its order, with what happened since."""
    monkeypatch.setattr(notify, "_BACKOFF", Backoff(first=0.01, longest=0.02))
    box, counts = opened(BUSY, BUSY, TAKEN), Counts()
    with courier(reader(box), counts) as made:
        made.tell(failing("a"))
        until(lambda: len(box.taken) == 3)
    assert box.taken == [["a"]] * 3
    assert counts == [("webhook", "sent", 1)]


def test_what_will_never_be_taken_is_let_go(caplog: pytest.LogCaptureFixture) -> None:
    """A channel that is gone holds nothing up, and the log says so."""
    box, counts = opened(NEVER, TAKEN), Counts()
    with courier(reader(box), counts) as made:
        made.tell(failing("a"))
        until(lambda: len(box.taken) == 1)
        made.tell(failing("b"))
        until(lambda: len(box.taken) == 2)
    assert counts == [("webhook", "failed", 1), ("webhook", "sent", 1)]
    assert "notification not taken" in caplog.text


def test_only_what_is_wanted_is_told() -> None:
    """Subjects, and environments by their patterns."""
    box = opened()
    told = replace(reader(box), subjects=frozenset({Subject.FAILED}), environments=("prod-*", "live"))
    with courier(told) as made:
        made.tell(ViewChanged(view(ConditionKind.INVALID, name="live")))
        for name in ("staging", "live", "prod-eu"):
            made.tell(failing(name))
    assert [name for message in box.taken for name in message] == ["live", "prod-eu"]


def test_a_message_arrives_at_a_real_server() -> None:
    """As the schema says."""
    with serve(Answer(body="ok")) as server:
        post = HttpPost(lambda: SecretText(f"{server.url}/hook"))
        with courier(Reader("webhook", post, webhook_content, frozenset(Subject), ("*",), 0.0)) as made:
            made.tell(failing("staging"))
            until(lambda: len(server.requests) == 1)
    assert json.loads(server.requests[0][3])["events"][0]["event"] == "failed"
