"""What of all that happens is news, and not told before. Pure: a new value for each notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from reconciler.model.naming import name_of
from reconciler.model.news import Detail, News, Subject
from reconciler.model.outcome import Result
from reconciler.model.standing import Sync
from reconciler.model.sync import (
    Condition,
    ConditionKind,
    EnvironmentView,
    Notice,
    Run,
    RunEnded,
    RunResult,
    Suspension,
    SuspensionChanged,
    ViewChanged,
)

_SUBJECTS = {
    ConditionKind.FAILED: Subject.FAILED,
    ConditionKind.UNREACHABLE: Subject.FAILED,
    ConditionKind.SOURCE_FAILED: Subject.FAILED,
    ConditionKind.REFUSED: Subject.REFUSED,
    ConditionKind.INVALID: Subject.INVALID,
    ConditionKind.UNTRUSTED: Subject.UNTRUSTED,
}
# More does not fit into a message that anybody reads.
_MOST_DETAILS = 20

_Trouble = tuple[str, ConditionKind]


@dataclass(frozen=True, slots=True)
class _Told:
    """When a trouble was told last, and the commit that it was about."""

    at: datetime
    sha: str


@dataclass(frozen=True, slots=True)
class Editor:
    """Knows which troubles were told.

    The same trouble of an environment is told once, until it recovers, or another commit has it too, or `again` seconds
    have passed.
    """

    again: float
    _told: Mapping[_Trouble, _Told] = field(default_factory=lambda: MappingProxyType({}))

    def read(self, notice: Notice, now: datetime) -> tuple[Editor, tuple[News, ...]]:
        """What is new in a notice, and what is known after it."""
        match notice:
            case RunEnded(run) if run.result is RunResult.CONVERGED and run.changes:
                return self, (_changed(run, now),)
            case SuspensionChanged(environment, suspension):
                return self, (_suspension(environment, suspension),)
            case ViewChanged(view):
                return self._view(view, now)
            case _:
                return self, ()

    def _view(self, view: EnvironmentView, now: datetime) -> tuple[Editor, tuple[News, ...]]:
        kinds = {condition.kind for condition in view.conditions}
        if ConditionKind.STANDING_BY in kinds:
            # The replica that acts for it tells.
            return replace(self, _told=self._others(view)), ()
        if ConditionKind.READY in kinds:
            return self._recovered(view, now)
        fresh = [item for item in view.conditions if item.kind in _SUBJECTS and self._is_due(view, item.kind, now)]
        told = {(view.name, item.kind): _Told(now, _sha(view)) for item in fresh}
        editor = replace(self, _told=MappingProxyType({**self._told, **told})) if told else self
        return editor, tuple(_trouble(view, item, now) for item in fresh)

    def _recovered(self, view: EnvironmentView, now: datetime) -> tuple[Editor, tuple[News, ...]]:
        left = self._others(view)
        if len(left) == len(self._told):
            return self, ()
        news = News(Subject.RECOVERED, view.name, now, "all is as the commit says again", None, view.seen, _run(view))
        return replace(self, _told=left), (news,)

    def _others(self, view: EnvironmentView) -> Mapping[_Trouble, _Told]:
        """What was told of other environments."""
        return MappingProxyType({trouble: told for trouble, told in self._told.items() if trouble[0] != view.name})

    def _is_due(self, view: EnvironmentView, kind: ConditionKind, now: datetime) -> bool:
        told = self._told.get((view.name, kind))
        return told is None or told.sha != _sha(view) or now - told.at >= timedelta(seconds=self.again)


def _changed(run: Run, now: datetime) -> News:
    done = (step for step in run.steps if step.result is Result.DONE)
    details = tuple(Detail(name_of(step.target), step.message or str(step.kind)) for step in done)
    return News(Subject.CHANGED, run.environment, now, run.message, None, run.commit, run.id, details[:_MOST_DETAILS])


def _suspension(environment: str, suspension: Suspension) -> News:
    subject = Subject.SUSPENDED if suspension.suspended else Subject.RESUMED
    return News(subject, environment, suspension.at, suspension.words, None, None, "")


def _trouble(view: EnvironmentView, condition: Condition, now: datetime) -> News:
    details = tuple(_details(view, condition.kind))[:_MOST_DETAILS]
    return News(
        _SUBJECTS[condition.kind],
        view.name,
        now,
        condition.message,
        condition.hint,
        view.seen,
        _run(view),
        details,
    )


def _details(view: EnvironmentView, kind: ConditionKind) -> Iterator[Detail]:
    """What makes it so, as far as the view knows."""
    if kind is ConditionKind.FAILED:
        for release in view.releases:
            if release.standing.sync is Sync.FAILED or release.retry:
                yield Detail(name_of(release.id), release.standing.reason or release.health.reason)
    elif kind is ConditionKind.INVALID and view.runs:
        yield from (Detail("", error) for error in view.runs[0].errors)
    elif kind is ConditionKind.REFUSED and view.plan:
        yield from (Detail("", refusal.message) for refusal in view.plan.refusals)


def _sha(view: EnvironmentView) -> str:
    return view.seen.sha if view.seen else ""


def _run(view: EnvironmentView) -> str:
    return view.runs[0].id if view.runs else ""
