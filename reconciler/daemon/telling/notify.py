"""Telling people: what happened is gathered, and sent by a thread of its own, not too often."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from random import random

from reconciler.daemon.telling.editor import Editor
from reconciler.daemon.timing import Backoff
from reconciler.model.news import Answered, Bulletin, News, Post, Subject
from reconciler.model.sync import Notice

_LOGGER = logging.getLogger("reconciler.notifications")
# What waits for an address that cannot be reached; a message that long is not read anyway.
_MOST_WAITING = 100
# Seconds in which a daemon that ends has told what it has to say, or has not.
_LAST_WORDS = 5.0
# Times `every` after which the same trouble is told again.
_REMINDER = 10
_BACKOFF = Backoff(first=5.0, longest=300.0)


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is told, and of what.

    Attributes:
        kind: for the metrics: `webhook` or `slack`.
        content: a message as it is sent.
        every: seconds; at most one message in this time.
    """

    kind: str
    post: Post
    content: Callable[[Bulletin], bytes]
    subjects: frozenset[Subject]
    environments: tuple[str, ...]
    every: float

    def wants(self, news: News) -> bool:
        """Whether it is to be told."""
        named = any(fnmatchcase(news.environment, pattern) for pattern in self.environments)
        return named and news.subject in self.subjects


# What became of messages: the kind of reader, a word, and of how much news.
Count = Callable[[str, str, int], None]


class Courier:
    """Brings one reader the news."""

    def __init__(self, reader: Reader, now: Callable[[], datetime], count: Count) -> None:
        self._reader, self._now, self._count = reader, now, count
        self._editor = Editor(reader.every * _REMINDER)
        self._changed = threading.Condition()
        self._waiting: deque[News] = deque()
        self._dropped = 0
        self._failures = 0
        self._ending = False
        self._next = float("-inf")
        self._thread = threading.Thread(target=self._work, name=f"notify-{reader.kind}", daemon=True)
        self._thread.start()

    def tell(self, notice: Notice) -> None:
        """Gather what is news in it."""
        with self._changed:
            self._editor, found = self._editor.read(notice, self._now())
            self._waiting.extend(news for news in found if self._reader.wants(news))
            self._trim()
            self._changed.notify()

    def close(self) -> None:
        """Send what waits, if that goes at once, and end."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(_LAST_WORDS)
        self._reader.post.close()

    def _trim(self) -> None:
        """Drop the oldest where too many wait."""
        excess = max(0, len(self._waiting) - _MOST_WAITING)
        for _ in range(excess):
            self._waiting.popleft()
        if excess:
            self._dropped += excess
            self._count(self._reader.kind, "dropped", excess)

    def _work(self) -> None:
        while (bulletin := self._due()) is not None:
            self._settle(bulletin, self._send(bulletin))

    def _due(self) -> Bulletin | None:
        """The next message, once its time has come; None: there will be none."""
        with self._changed:
            while not self._waiting or (not self._ending and time.monotonic() < self._next):
                if self._ending:
                    return None
                self._changed.wait(max(0.0, self._next - time.monotonic()) if self._waiting else None)
            bulletin = Bulletin(tuple(self._waiting), self._dropped)
            self._waiting.clear()
            self._dropped = 0
            return bulletin

    def _send(self, bulletin: Bulletin) -> Answered:
        try:
            return self._reader.post.post(self._reader.content(bulletin))
        except Exception as error:
            _LOGGER.exception("a notification cannot be sent", extra={"facts": {"kind": self._reader.kind}})
            return Answered(accepted=False, final=True, message=type(error).__name__)

    def _settle(self, bulletin: Bulletin, answered: Answered) -> None:
        """Note what became of it; what may still be taken waits again."""
        again = not (answered.accepted or answered.final or self._ending)
        if not again:
            self._count(self._reader.kind, "sent" if answered.accepted else "failed", len(bulletin.news))
        if not answered.accepted and (answered.final or self._failures == 0):
            facts = {"kind": self._reader.kind, "message": answered.message, "final": answered.final}
            _LOGGER.warning("notification not taken", extra={"facts": facts})
        self._failures = self._failures + 1 if again else 0
        wait = _BACKOFF.wait(self._failures, random()) if again else 0.0  # noqa: S311 - it spreads, and hides nothing
        with self._changed:
            if again:
                self._waiting.extendleft(reversed(bulletin.news))
                self._dropped += bulletin.dropped
                self._trim()
            self._next = time.monotonic() + max(self._reader.every, wait, min(answered.wait, _BACKOFF.longest))
