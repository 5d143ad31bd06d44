"""Runs as traces."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from reconciler.daemon.telling.traces import trace_id
from reconciler.daemon.telling.tracing import Tracing
from reconciler.model.outcome import Result
from reconciler.model.plan import ActionKind
from reconciler.model.spans import Span
from reconciler.model.sync import Notice, RunEnded, RunResult, RunStarted, Stage, StepEnded, Trigger, Why
from tests.daemon.stories import COMMIT, NOW, run, step

STARTED = RunStarted("staging", "0123456789ab", Why(Trigger.COMMIT), COMMIT)


@dataclass
class Kept:
    """Spans that are kept."""

    written: list[tuple[str, Span]] = field(default_factory=list)

    def write(self, trace: str, root: Span) -> None:
        """See Spans."""
        self.written.append((trace, root))

    def close(self) -> None:
        """See Spans."""


def written(*notices: Notice) -> list[tuple[str, Span]]:
    """The traces of notices, all of them told ten seconds after NOW."""
    kept = Kept()
    tracing = Tracing(kept, lambda: NOW + timedelta(seconds=10))
    for notice in notices:
        tracing.tell(notice)
    return kept.written


def test_a_run_its_stages_and_its_actions() -> None:
    """Each with its time; what stayed as it was has no span."""
    looked = replace(run(), stages=(Stage("load", 0.0, 0.5), Stage("observe", 0.5, 1.0)))
    unchanged = step(ActionKind.NONE, Result.UNCHANGED)
    steps = [StepEnded("staging", looked.id, done) for done in (step(), unchanged)]
    ((trace, root),) = written(STARTED, *steps, RunEnded(looked))
    assert trace == trace_id(looked.id)
    assert (root.name, root.begin, root.seconds, root.failure) == ("run staging", NOW, 3.0, None)
    assert root.attributes["vcs.ref.head.revision"] == COMMIT.sha
    assert root.attributes["cicd.pipeline.result"] == "success"
    assert [(child.name, (child.begin - NOW).total_seconds(), child.seconds) for child in root.children] == [
        ("load", 0.0, 0.5),
        ("observe", 0.5, 1.0),
        ("upgrade release/shop/api", 8.0, 2.0),
    ]
    assert root.children[-1].attributes["k8s.namespace.name"] == "shop"


def test_what_failed_says_why() -> None:
    """The action, and the run."""
    failed = StepEnded("staging", "0123456789ab", step(result=Result.FAILED, message="timed out"))
    ((_, root),) = written(STARTED, failed, RunEnded(run(RunResult.FAILED, message="1 of 2 failed")))
    assert root.failure == "1 of 2 failed"
    assert root.children[0].failure == "timed out"


def test_the_steps_of_a_run_are_its_own() -> None:
    """Nothing of a run that never ended is shown in the next."""
    lost = StepEnded("staging", "lost", step())
    other = RunEnded(replace(run(), environment="other"))
    assert [root.children for _, root in written(lost, STARTED, other, RunEnded(run()))] == [(), ()]


@pytest.mark.parametrize("result", RunResult)
def test_every_result_has_a_word_of_the_conventions(result: RunResult) -> None:
    """So that dashboards for pipelines show runs too."""
    ((_, root),) = written(RunEnded(run(result)))
    assert root.attributes["cicd.pipeline.result"] in {"success", "failure", "error", "cancellation", "skip"}


def test_a_trace_is_found_by_the_number_of_its_run() -> None:
    """32 hex digits that are not all zero, other ones for each run."""
    assert trace_id("a") != trace_id("b")
    assert len(trace_id("a")) == 32
    assert int(trace_id("a"), 16)
