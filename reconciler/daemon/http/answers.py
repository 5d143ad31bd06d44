"""What probes and scrapes are answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from reconciler.daemon.health import Verdict, alive, ready
from reconciler.daemon.http.site import Answer
from reconciler.daemon.telling.observers import Observers
from reconciler.model.lease import Clock
from reconciler.model.sync import Board


def make_answers(
    board: Board, observers: Observers, ready_after: float, clock: Clock
) -> Mapping[str, Callable[[], Answer]]:
    """By path, for a Site.

    Args:
        ready_after: seconds, as the Sync file's `server.readyAfter`.
        clock: the one that threads tell their signs of life by.
    """

    def healthz() -> Answer:
        return _verdict(alive(observers.pulse, clock.ticks()))

    def readyz() -> Answer:
        return _verdict(ready(board, clock.now(), ready_after))

    def metrics() -> Answer:
        page, content_type = observers.metrics.page(board)
        return Answer(200, content_type, page)

    return {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


def _verdict(verdict: Verdict) -> Answer:
    return Answer(verdict.status, "application/json", json.dumps(verdict.document()).encode())
