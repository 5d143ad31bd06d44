"""Runs as traces: a span for each run, and below it one for each stage and action."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from reconciler.daemon.telling.traces import trace_id
from reconciler.model.identity import NamespaceId, Target
from reconciler.model.naming import name_of
from reconciler.model.outcome import Result
from reconciler.model.spans import Span, Spans
from reconciler.model.sync import Notice, Run, RunEnded, RunResult, RunStarted, Step, StepEnded

_FAILED = (RunResult.FAILED, RunResult.INVALID, RunResult.REFUSED)
# https://opentelemetry.io/docs/specs/semconv/registry/attributes/cicd/ (values of cicd.pipeline.result)
_RESULTS = {
    RunResult.UNCHANGED: "skip",
    RunResult.CONVERGED: "success",
    RunResult.PLANNED: "skip",
    RunResult.FAILED: "failure",
    RunResult.REFUSED: "failure",
    RunResult.INVALID: "error",
    RunResult.INTERRUPTED: "cancellation",
}

_Ended = tuple[Step, datetime]


class Tracing:
    """Writes a trace for each run that ended."""

    def __init__(self, spans: Spans, now: Callable[[], datetime]) -> None:
        self._spans, self._now = spans, now
        self._lock = threading.Lock()
        self._steps: dict[str, list[_Ended]] = {}

    def tell(self, notice: Notice) -> None:
        """Note what ended; write what is complete. An environment has one run at a time."""
        with self._lock:
            match notice:
                case RunStarted(environment):
                    self._steps[environment] = []
                case StepEnded(environment, _, step):
                    self._steps.setdefault(environment, []).append((step, self._now()))
                case RunEnded(run):
                    steps = self._steps.pop(run.environment, [])
                    self._spans.write(trace_id(run.id), span_of(run, steps))
                case _:
                    pass

    def close(self) -> None:
        """End it."""
        self._spans.close()


def span_of(run: Run, ended: list[_Ended]) -> Span:
    """A run as a span; each step comes with the time of its end."""
    attributes: dict[str, str | int] = {
        "cicd.pipeline.name": run.environment,
        "cicd.pipeline.run.id": run.id,
        "cicd.pipeline.result": _RESULTS[run.result],
        "reconciler.trigger": run.why.trigger.value,
        "reconciler.result": run.result.value,
        "reconciler.changes": run.changes,
    }
    if run.commit:
        attributes |= {"vcs.ref.head.revision": run.commit.sha, "vcs.ref.head.name": run.commit.ref}
    failure = run.message if run.result in _FAILED else None
    return Span(f"run {run.environment}", run.started, run.seconds, attributes, failure, tuple(_children(run, ended)))


def _children(run: Run, ended: list[_Ended]) -> Iterator[Span]:
    for stage in run.stages:
        yield Span(stage.name, run.started + timedelta(seconds=stage.begin), stage.seconds)
    for step, end in ended:
        if step.result is not Result.UNCHANGED:
            yield _action(step, end)


def _action(step: Step, end: datetime) -> Span:
    attributes: dict[str, str | int] = {
        "k8s.cluster.name": step.target.cluster,
        "k8s.namespace.name": _namespace(step.target),
        "reconciler.target": name_of(step.target),
        "reconciler.result": step.result.value,
    }
    failure = step.message if step.result is Result.FAILED else None
    begin = end - timedelta(seconds=step.seconds)
    return Span(f"{step.kind} {name_of(step.target)}", begin, step.seconds, attributes, failure)


def _namespace(target: Target) -> str:
    return target.name if isinstance(target, NamespaceId) else target.namespace
