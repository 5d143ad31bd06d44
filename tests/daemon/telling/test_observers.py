"""All who are told, together."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.daemon.config.sync_file import SyncSpec
from reconciler.daemon.telling.observers import Observers, make_observers
from reconciler.desired.documents import parse, plain
from reconciler.desired.schema import Source
from reconciler.errors import DesiredStateError
from reconciler.model.secret import SecretText
from reconciler.model.sync import ConditionKind, Notice, RunEnded, ViewChanged
from tests.adapters.kube.servers import Answer, serve
from tests.daemon.stories import Views, run, view

pytestmark = pytest.mark.usefixtures("no_proxy")


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


def test_who_is_told_is_read_from_the_sync_file() -> None:
    """Its kind, its address, what of, and of which environments."""
    with serve(Answer(body="ok")) as server:
        readers = [
            {"kind": "slack", "url": {"env": "HOOK"}, "tell": ["changed"], "environments": ["stag*"], "every": "1s"}
        ]
        observers = make_observers(spec(notifications=readers), lambda *_: SecretText(f"{server.url}/hook"))
        observers.tell(RunEnded(run()))
        observers.tell(ViewChanged(view(ConditionKind.FAILED)))
        observers.close()
    ((_, path, _, body),) = server.requests
    assert (path, json.loads(body)["text"]) == ("/hook", "🔄 staging: changed")
    assert b'reconciler_notifications_total{kind="slack",result="sent"} 1.0' in observers.metrics.page(Views())[0]


def test_an_address_that_is_none_ends_the_start() -> None:
    """Before anything is done; it is told which one it is, and not what it holds."""
    with pytest.raises(DesiredStateError) as caught:
        make_observers(spec(notifications=[{"url": {"env": "HOOK"}}]), secret)
    assert "notifications[0]" in str(caught.value)
    assert "notifications/0/url" not in str(caught.value)


def test_traces_are_sent_where_the_sync_file_says() -> None:
    """With the headers that it refers to."""
    with serve(Answer(body="")) as server:
        tracing = {"endpoint": f"{server.url}/v1/traces", "headers": {"x-token": {"env": "TOKEN"}}}
        observers = make_observers(spec(tracing=tracing), secret)
        observers.tell(RunEnded(run()))
        observers.close()
    ((_, path, headers, _),) = server.requests
    assert (path, headers["x-token"]) == ("/v1/traces", "tracing/headers/x-token")


def test_without_a_collector_nothing_of_opentelemetry_is_loaded() -> None:
    """It would cost every start."""
    loaded = "any(name.startswith('opentelemetry') for name in sys.modules)"
    code = f"import sys, reconciler.daemon.telling.observers; sys.exit({loaded})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_example_of_the_guide_is_valid() -> None:
    """As the program reads it, and YAML takes no key for another."""
    guide = (Path(__file__).parents[3] / "docs/guide.md").read_text()
    example = guide.partition("## Seeing what it does\n\n```yaml\n")[2].partition("```")[0]
    told = plain(parse(example, "guide.md"))
    assert isinstance(told, dict)
    assert [item.tell for item in spec(**told).notifications][1] == ["failed", "recovered", "changed"]
