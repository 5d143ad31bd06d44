"""What the daemon tells, as lines of a log: which event, how bad, and the facts beside it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.daemon.telling.traces import trace_id
from reconciler.model.identity import ReleaseId, Target
from reconciler.model.naming import name_of
from reconciler.model.outcome import Result
from reconciler.model.source import Commit
from reconciler.model.sync import (
    CommitSeen,
    ConditionKind,
    DriftSeen,
    LeadershipChanged,
    Notice,
    Run,
    RunEnded,
    RunResult,
    RunStarted,
    SourceFailed,
    StepEnded,
    SuspensionChanged,
    ViewChanged,
)

_LOGGER = logging.getLogger("reconciler.sync")
_LEVELS = {
    RunResult.FAILED: logging.ERROR,
    RunResult.INVALID: logging.ERROR,
    RunResult.REFUSED: logging.WARNING,
    RunResult.INTERRUPTED: logging.WARNING,
}
_STEP_LEVELS = {Result.UNCHANGED: logging.DEBUG, Result.FAILED: logging.ERROR}

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Line:
    """One line; of its facts, what is None or empty is not written."""

    level: int
    event: str
    facts: Facts


class Log:
    """Writes a line for each notice. A line of an action names the commit of its run; a view is told when its
    conditions are others than before, and what is wrong with the source once until a commit comes from it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._commits: dict[str, str] = {}
        self._conditions: dict[str, tuple[ConditionKind, ...]] = {}
        self._source: SourceFailed | None = None

    def tell(self, notice: Notice) -> None:
        """Write it."""
        with self._lock:
            beside = self._beside(notice)
        if beside is not None:
            made = line(notice)
            _LOGGER.log(made.level, made.event, extra={"facts": {**made.facts, **beside}})

    def _beside(self, notice: Notice) -> Facts | None:
        """What is known beside the notice; None: it is no news."""
        match notice:
            case RunStarted(environment, _, _, commit):
                self._commits[environment] = _sha(commit)
            case StepEnded(environment):
                return {"commit": self._commits.get(environment, "")}
            case CommitSeen():
                self._source = None
            case SourceFailed():
                known, self._source = self._source, notice
                return None if notice == known else {}
            case ViewChanged(view):
                kinds = tuple(condition.kind for condition in view.conditions)
                before, self._conditions[view.name] = self._conditions.get(view.name), kinds
                return None if kinds == before else {}
            case _:
                pass
        return {}


def line(notice: Notice) -> Line:
    """A notice as a line."""
    match notice:
        case RunStarted() | StepEnded() | RunEnded():
            return _of_run(notice)
        case CommitSeen(commit, environments):
            return Line(logging.INFO, "commit seen", {**_commit(commit), "environments": list(environments)})
        case SourceFailed(message, hint):
            return Line(logging.ERROR, "source failed", {"message": message, "hint": hint})
        case _:
            return _of_environment(notice)


def _of_environment(notice: DriftSeen | LeadershipChanged | SuspensionChanged | ViewChanged) -> Line:
    match notice:
        case DriftSeen(environment, release, changed):
            facts = {"environment": environment, **_target(release), "object": changed}
            return Line(logging.WARNING, "drift seen", facts)
        case LeadershipChanged(environment, leading, holder):
            facts = {"environment": environment, "leading": leading, "holder": holder}
            return Line(logging.INFO, "leadership changed", facts)
        case SuspensionChanged(environment, suspension):
            event = "suspended" if suspension.suspended else "resumed"
            return Line(logging.INFO, event, {"environment": environment, "who": suspension.who})
        case ViewChanged(view):
            conditions = [f"{item.kind}: {item.message}" for item in view.conditions]
            return Line(logging.INFO, "conditions changed", {"environment": view.name, "conditions": conditions})


def _of_run(notice: RunStarted | StepEnded | RunEnded) -> Line:
    match notice:
        case RunStarted(environment, run, why, commit):
            beginning = {"trigger": why.trigger, "detail": why.detail, "commit": _sha(commit)}
            return Line(logging.INFO, "run started", {**_number(environment, run), **beginning})
        case StepEnded(environment, run, step):
            facts = {**_target(step.target), "kind": step.kind, "result": step.result, "message": step.message}
            level = _STEP_LEVELS.get(step.result, logging.INFO)
            return Line(
                level, "action ended", {**_number(environment, run), **facts, "seconds": _rounded(step.seconds)}
            )
        case RunEnded(run):
            return Line(_LEVELS.get(run.result, logging.INFO), "run ended", _run(run))


def _run(run: Run) -> Facts:
    return {
        **_number(run.environment, run.id),
        **(_commit(run.commit) if run.commit else {}),
        "trigger": run.why.trigger,
        "result": run.result,
        "changes": run.changes,
        "message": run.message,
        "errors": list(run.errors),
        "seconds": _rounded(run.seconds),
    }


def _number(environment: str, run: str) -> Facts:
    return {"environment": environment, "run": run, "trace": trace_id(run)}


def _target(target: Target) -> Facts:
    key = "release" if isinstance(target, ReleaseId) else "target"
    return {"cluster": target.cluster, key: name_of(target)}


def _commit(commit: Commit) -> Facts:
    return {"commit": commit.sha, "ref": commit.ref, "author": commit.author.name, "subject": commit.subject}


def _sha(commit: Commit | None) -> str:
    return commit.sha if commit else ""


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
