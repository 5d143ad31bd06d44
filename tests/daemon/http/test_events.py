"""Server-sent events, read from the real server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import requests

from reconciler.daemon.http.events import MOST_READERS
from reconciler.model.sync import SourceFailed, ViewChanged
from tests.daemon.http.board import LAB, STAGING
from tests.daemon.http.conftest import Served, Serving


class Reader:
    """An open stream."""

    def __init__(self, served: Served, last: str | None = None) -> None:
        headers = {} if last is None else {"Last-Event-ID": last}
        self.answer = requests.get(f"{served.url}/events", headers=headers, stream=True, timeout=10)
        self._lines: Iterator[str] = self.answer.iter_lines(decode_unicode=True)

    def next(self) -> dict[str, str]:
        """The fields of the next event; comments and retry times are passed over."""
        fields: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if not line and "event" in fields:
                return fields
            if name in ("event", "id", "data"):
                fields[name] = value
        return fields

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()


def until(condition: Callable[[], bool]) -> None:
    """Wait for it, ten seconds at most."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def environment(event: dict[str, str]) -> str:
    """Which one an event is about."""
    return str(json.loads(event["data"])["environment"])


def test_what_happens_is_told_at_once(serving: Serving) -> None:
    """To everybody who reads."""
    served = serving()
    with Reader(served) as one, Reader(served) as two:
        until(lambda: served.updates.readers == 2)
        served.updates.tell(ViewChanged(STAGING))
        for reader in (one, two):
            event = reader.next()
            assert event["event"] == "changed"
            assert json.loads(event["data"]) == {"environment": "staging", "text": ""}
    assert one.answer.headers["content-type"].startswith("text/event-stream")
    assert one.answer.headers["cache-control"] == "no-store"


def test_a_reader_that_comes_back_misses_nothing(serving: Serving) -> None:
    """It says what it saw last."""
    served = serving()
    with Reader(served) as reader:
        until(lambda: served.updates.readers == 1)
        served.updates.tell(ViewChanged(STAGING))
        last = reader.next()["id"]
    served.updates.tell(ViewChanged(LAB))
    with Reader(served, last) as reader:
        assert environment(reader.next()) == "lab"


def test_a_reader_of_an_earlier_daemon_reads_everything_anew(serving: Serving) -> None:
    """Its numbers are not ours; nor is a made-up one."""
    served = serving()
    for last in ("0000-1", "1", "", f"{'9' * 5000}", "-"):
        with Reader(served, last) as reader:
            assert reader.next()["event"] == "behind"


def test_a_hostile_text_is_data_of_one_event(serving: Serving) -> None:
    """Line ends in it end nothing, and characters that steer are gone."""
    served = serving()
    with Reader(served) as reader:
        until(lambda: served.updates.readers == 1)
        served.updates.tell(SourceFailed("a\n\nevent: changed\r\ndata: {}\u202e\x1b[31m" + "x" * 10_000, None))
        served.updates.tell(ViewChanged(STAGING))
        text = json.loads(reader.next()["data"])["text"]
        assert text.isprintable()
        assert len(text) <= 300
        assert environment(reader.next()) == "staging"


def test_readers_are_bounded_and_leave_no_trace(serving: Serving) -> None:
    """One too many is sent away; when they have gone, the next one is served."""
    served = serving()
    readers = [Reader(served) for _ in range(MOST_READERS)]
    until(lambda: served.updates.readers == MOST_READERS)
    assert served.get("/events").status_code == 503
    assert served.get("/").status_code == 200
    for reader in readers:
        reader.answer.close()
    served.updates.tell(ViewChanged(STAGING))
    until(lambda: served.updates.readers == 0)
    with Reader(served) as reader:
        assert reader.answer.status_code == 200


def test_streams_end_with_the_daemon(serving: Serving) -> None:
    """So that it stops at once."""
    served = serving()
    with Reader(served) as reader:
        until(lambda: served.updates.readers == 1)
        began = time.monotonic()
        served.stop()
        assert reader.next() == {}
    # Less than the grace after which streams are cut off.
    assert time.monotonic() - began < 1.5
