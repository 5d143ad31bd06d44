"""A turn of the daemon on a real control plane, whose cluster goes away in the middle of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.cli.wiring import make_context
from reconciler.errors import ClusterError
from reconciler.flows.apply import Conduct
from reconciler.flows.context import Request
from reconciler.flows.keep import keep
from reconciler.model.identity import ReleaseId
from reconciler.model.outcome import ActionOutcome, Event, Result
from tests.e2e.conftest import CONFIG_MAP, Project

pytestmark = pytest.mark.e2e


class Reader:
    """A reader of the cluster that has stopped answering once something was done."""

    def __init__(self, real: Any, done: list[ActionOutcome]) -> None:
        self._real, self._done = real, done

    def __getattr__(self, name: str) -> Any:
        if self._done:
            raise ClusterError("it does not answer")
        return getattr(self._real, name)


def test_a_cluster_that_goes_away_after_an_apply(
    project: Project, kubeconfig: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done is told, although nobody knows how all stands now."""
    project.chart("app", {"templates/config.yaml": CONFIG_MAP}, "text: hello\n")
    project.environment("releases: {app: {chart: charts/app}}")
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("RECONCILE_KUBECONFIG", kubeconfig)
    done: list[ActionOutcome] = []

    def emit(event: Event) -> None:
        if isinstance(event, ActionOutcome) and event.action.target == release:
            done.append(event)

    release = ReleaseId("main", project.namespace, "app")
    context = make_context("env.yaml", "library")
    context = replace(context, reader=lambda access: Reader(make_context("env.yaml", "library").reader(access), done))
    conduct = Conduct(1, lambda _: None, emit)
    kept = keep(Request("env.yaml"), context, conduct, lambda _: pytest.fail("nothing was seen"), may_change=True)
    assert kept.outcome
    assert kept.outcome.actions[-1].result is Result.DONE
    assert kept.trouble
    assert not kept.status.releases
