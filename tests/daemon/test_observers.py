"""All who are told, together."""

from __future__ import annotations

import logging

import pytest

from reconciler.daemon.config import SyncSpec
from reconciler.daemon.observers import Observers, make_observers
from reconciler.desired.schema import Source
from reconciler.model.secret import SecretText
from reconciler.model.sync import Notice, RunEnded
from tests.daemon.stories import Views, run


def spec(**more: object) -> SyncSpec:
    """A Sync file."""
    source = {"folder": ".", "environments": "env.yaml"}
    return SyncSpec.model_validate({"apiVersion": "reconciler/v1", "kind": "Sync", "source": source, **more})


def secret(source: Source, *path: str | int) -> SecretText:
    """Where it stands, as a secret."""
    del source
    return SecretText("/".join(map(str, path)))


def test_log_and_metrics_are_always_told(caplog: pytest.LogCaptureFixture) -> None:
    """Without a word in the Sync file."""
    observers = make_observers(spec(), secret)
    with caplog.at_level(logging.INFO, "reconciler"):
        observers.tell(RunEnded(run()))
    observers.close()
    assert [record.getMessage() for record in caplog.records] == ["run ended"]
    assert b"reconciler_runs_total{" in observers.metrics.page(Views())[0]


def test_one_that_fails_keeps_nothing_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """The loop goes on, and the log says so."""
    told: list[Notice] = []

    def fail(_notice: Notice) -> None:
        raise RuntimeError

    Observers(tells=(fail, told.append)).tell(RunEnded(run()))
    assert told == [RunEnded(run())]
    assert "an observer failed" in caplog.text
