"""What people are told of an environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from reconciler.model.source import Commit


class Subject(StrEnum):
    """What it is about; the words are those of the Sync file."""

    FAILED = "failed"
    RECOVERED = "recovered"
    CHANGED = "changed"
    REFUSED = "refused"
    INVALID = "invalid"
    UNTRUSTED = "untrusted"
    SUSPENDED = "suspended"
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True)
class Detail:
    """One release, or one mistake of a file, and what is to be said of it; `about` is empty for a mistake."""

    about: str
    message: str


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened. Its texts are masked, and hostile until cleaned for where they are shown.

    Attributes:
        commit: the newest that is known; None for a folder.
        run: the number of the run that did it; empty where there was none.
    """

    subject: Subject
    environment: str
    time: datetime
    message: str
    hint: str | None = None
    commit: Commit | None = None
    run: str = ""
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a message.

    Attributes:
        accepted: it was taken.
        final: it never will be, however often it is sent.
        message: why not; it never holds the address, which is a secret.
        wait: seconds for which the server asks to be left alone.
    """

    accepted: bool
    final: bool = False
    message: str = ""
    wait: float = 0.0


class Post(Protocol):
    """Where messages go."""

    def post(self, content: bytes) -> Answered:
        """Send JSON, once, within seconds."""
        ...

    def close(self) -> None:
        """End its connections."""
        ...


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One message: the oldest news first.

    Attributes:
        dropped: how much more there was, which is lost.
    """

    news: Sequence[News] = field(default_factory=tuple)
    dropped: int = 0
