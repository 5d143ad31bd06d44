"""Metrics: what is counted, and that Prometheus can read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reconciler.daemon.telling.metrics import Metrics
from reconciler.model.outcome import Result
from reconciler.model.plan import ActionKind
from reconciler.model.sync import (
    CommitSeen,
    ConditionKind,
    DriftSeen,
    Notice,
    RunEnded,
    RunResult,
    SourceFailed,
    StepEnded,
)
from tests.daemon.stories import API, COMMIT, NEXT, NOW, Views, run, step, view

# https://prometheus.io/docs/practices/naming/ and /docs/instrumenting/writing_exporters/
_NAME = re.compile(r"(reconciler|process)_[a-z_]+")


def told(*notices: Notice) -> Metrics:
    """Metrics after these."""
    metrics = Metrics()
    for notice in notices:
        metrics.tell(notice)
    return metrics


def samples(metrics: Metrics, *views: str) -> Mapping[str, float]:
    """`name{label=value,…}` → value, as Prometheus reads the page."""
    text = metrics.page(Views.of(view(name=name) for name in views))[0].decode()
    return {
        f"{sample.name}{{{','.join(f'{key}={value}' for key, value in sorted(sample.labels.items()))}}}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("notice", "sample", "value"),
    [
        (RunEnded(run()), "reconciler_runs_total{environment=staging,result=converged,trigger=commit}", 1),
        (RunEnded(run()), "reconciler_run_duration_seconds_sum{environment=staging,result=converged}", 3),
        (
            RunEnded(run(RunResult.FAILED)),
            "reconciler_run_duration_seconds_bucket{environment=staging,le=5.0,result=failed}",
            1,
        ),
        (
            StepEnded("staging", "1", step(result=Result.FAILED)),
            "reconciler_actions_total{environment=staging,kind=upgrade,result=failed}",
            1,
        ),
        (StepEnded("staging", "1", step()), "reconciler_action_duration_seconds_sum{kind=upgrade,result=done}", 2),
        (
            StepEnded("staging", "1", step(ActionKind.CORRECT)),
            "reconciler_drift_corrected_total{environment=staging}",
            1,
        ),
        (DriftSeen("staging", API, "Deployment api"), "reconciler_drift_found_total{environment=staging}", 1),
        (CommitSeen(COMMIT, ("staging",)), "reconciler_commits_seen_total{}", 1),
        (SourceFailed("no route", None), "reconciler_source_failures_total{}", 1),
    ],
)
def test_what_is_told_is_counted(notice: Notice, sample: str, value: float) -> None:
    """Each notice moves its counter or histogram."""
    assert samples(told(notice))[sample] == value


def test_what_was_unchanged_is_no_action() -> None:
    """A release that is looked at and left alone is not counted, since there are 500 of them in each run."""
    metrics = told(StepEnded("staging", "1", step(ActionKind.NONE, Result.UNCHANGED)))
    assert not [name for name in samples(metrics) if name.startswith("reconciler_actions")]


def test_gauges_show_the_board_as_it_is() -> None:
    """Environments that are gone leave no series behind."""
    found = samples(Metrics(), "a", "b")
    assert found["reconciler_releases{environment=a,state=in sync}"] == 1
    assert found["reconciler_releases{environment=a,state=drifted}"] == 0
    assert found["reconciler_environment_last_success_timestamp_seconds{environment=b}"] == NOW.timestamp()
    assert not [name for name in samples(Metrics(), "a") if "environment=b" in name]


def test_a_commit_is_a_label_of_one_series_at_a_time() -> None:
    """The series of the commit before is gone."""
    metrics = Metrics()
    for commit in (COMMIT, NEXT):
        page = metrics.page(Views([replace(view(), applied=commit)]))[0].decode()
        assert re.findall(r"applied_commit_info\{.*sha=\"(\w+)\"", page) == [commit.sha]


def test_a_replica_that_stands_by_is_no_leader() -> None:
    """The gauge of leadership follows the condition."""
    metrics = Metrics()
    page = metrics.page(Views([view(ConditionKind.STANDING_BY)]))[0].decode()
    assert 'reconciler_environment_leader{environment="staging"} 0.0' in page


def test_requests_messages_and_the_queue_are_counted() -> None:
    """Those who send requests and messages tell it themselves."""
    metrics = Metrics()
    metrics.asked("main", "GET", 200)
    metrics.notified("slack", "dropped", 3)
    metrics.waiting(4)
    found = samples(metrics)
    assert found["reconciler_api_requests_total{cluster=main,code=200,verb=GET}"] == 1
    assert found["reconciler_notifications_total{kind=slack,result=dropped}"] == 3
    assert found["reconciler_queue_length{}"] == 4


def test_names_follow_the_conventions_and_each_has_help() -> None:
    """As `promtool check metrics` wants them: prefix, base units, `_total` for counters, help for all."""
    text = told(RunEnded(run()), StepEnded("staging", "1", step())).page(Views([view()]))[0].decode()
    families = list(text_string_to_metric_families(text))
    assert {family.name for family in families} >= {"reconciler_runs", "reconciler_releases", "process_open_fds"}
    for family in families:
        assert _NAME.fullmatch(family.name), family.name
        assert family.documentation, family.name
        assert all(sample.name.endswith("_total") == (family.type == "counter") for sample in family.samples)
        if family.type == "histogram":
            assert family.name.endswith("_seconds")


def test_hostile_names_stay_inside_their_label() -> None:
    """A name with quotes and line breaks makes no series of its own."""
    name = 'x"} 1\nreconciler_environment_leader{environment="y'
    found = samples(Metrics(), name)
    assert found["reconciler_environment_leader{environment=" + name + "}"] == 1
    assert "reconciler_environment_leader{environment=y}" not in found


def test_openmetrics_is_spoken_where_it_is_asked_for() -> None:
    """Prometheus asks for it by its Accept header."""
    page, content_type = Metrics().page(Views(), "application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert page.endswith(b"# EOF\n")


def test_every_metric_is_in_the_reference() -> None:
    """What the page shows and what the reference lists are the same."""
    text = told(RunEnded(run()), StepEnded("staging", "1", step())).page(Views([view()]))[0].decode()
    shown = {line.split()[2] for line in text.splitlines() if line.startswith("# HELP reconciler_")}
    assert shown == {family.name for family, _ in Metrics().families()}
