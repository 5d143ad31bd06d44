"""What probes and scrapes are answered."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from reconciler.daemon.health import LIFELESS
from reconciler.daemon.http.answers import make_answers
from reconciler.daemon.telling.observers import Observers
from reconciler.model.sync import ConditionKind, EnvironmentView
from tests.daemon.stories import NOW, Views, view


class Still:
    """A clock that stands."""

    def now(self) -> datetime:
        """See Clock."""
        return NOW

    def ticks(self) -> float:
        """See Clock."""
        return 1000.0

    def sleep(self, _seconds: float) -> None:
        """See Clock."""


@pytest.mark.parametrize(
    ("path", "beat", "found", "status", "body"),
    [
        ("/healthz", 999.0, view(), 200, b'{"ok": true, "reasons": {}}'),
        (
            "/healthz",
            999.0 - LIFELESS,
            view(),
            503,
            b'{"ok": false, "reasons": {"loop": "no sign of life for 61 s"}}',
        ),
        ("/readyz", 999.0, view(ConditionKind.READY), 200, b'{"ok": true, "reasons": {}}'),
        (
            "/readyz",
            999.0,
            view(ConditionKind.INVALID, succeeded=NOW - timedelta(hours=1)),
            503,
            b'{"ok": false, "reasons": {"staging": "the last success was at 2026-11-25T11:00:00+00:00: invalid"}}',
        ),
    ],
)
def test_probes(path: str, beat: float, found: EnvironmentView, status: int, body: bytes) -> None:
    """200 while all is well; otherwise 503, and what is wrong."""
    observers = Observers()
    observers.pulse.beat("loop", beat)
    answer = make_answers(Views([found]), observers, 600.0, Still())[path]()
    assert (answer.status, answer.content_type, answer.body) == (status, "application/json", body)


def test_a_scrape() -> None:
    """The page, in the type that Prometheus knows."""
    answer = make_answers(Views([view()]), Observers(), 600.0, Still())["/metrics"]()
    assert answer.content_type.startswith("text/plain; version=")
    assert b"reconciler_environment_leader" in answer.body
