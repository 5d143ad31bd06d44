"""What the pages are made of, and who may do what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.daemon.http.updates import Updates
from reconciler.daemon.source.proofs import Provider
from reconciler.model.secret import SecretText
from reconciler.model.source import GitSource
from reconciler.model.sync import Board, Controls

Secrets = Mapping[Provider, tuple[SecretText, ...]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a probe, or whoever collects metrics, is answered."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Site:
    """What is served.

    Attributes:
        token: as it is now: whoever gives it may act; None: nobody may. May take a moment, as `secrets` may.
        local: it listens on the loopback, so that only names of the loopback are answered to: a page of a stranger
            whose name points here would else read everything.
        source: what pushes are compared with; None: a folder, of which no webhook tells.
        secrets: of webhooks, as they are now; several of one provider while one is being replaced.
        answers: what else is answered, by path: `/healthz`, `/readyz`, `/metrics`. Called from any thread.
        now: the time, in UTC.
    """

    board: Board
    controls: Controls
    updates: Updates
    now: Callable[[], datetime]
    token: Callable[[], SecretText] | None = None
    local: bool = False
    source: GitSource | None = None
    secrets: Callable[[], Secrets] = dict
    answers: Mapping[str, Callable[[], Answer]] = field(default_factory=dict)


def is_loopback(listen: str) -> bool:
    """Whether `HOST:PORT` is an address of this machine alone."""
    return listen.rpartition(":")[0] in ("localhost", "127.0.0.1", "[::1]")
