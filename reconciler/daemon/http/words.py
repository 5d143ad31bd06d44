"""How good or bad each state is, what is told first, and how times are told. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from reconciler.model.finding import Finding
from reconciler.model.outcome import Result
from reconciler.model.plan import Action, ActionKind, Plan
from reconciler.model.standing import Condition as Health
from reconciler.model.standing import Sync
from reconciler.model.sync import ConditionKind, EnvironmentView, ReleaseView, RunResult
from reconciler.report.change_lines import change_lines
from reconciler.report.style import clean
from reconciler.report.values import LONGEST_LINE, cut

# Lines of one target's changes, and targets: the plan of a new environment may have a hundred thousand lines.
_MOST_LINES, MOST_ACTIONS = 300, 100
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


class Level(StrEnum):
    """How good a state is. Each has a colour and, for whoever does not see it, a sign; the state itself is the word."""

    GOOD = "good"
    QUIET = "quiet"
    WARNING = "warning"
    BAD = "bad"


# By the words, since a word that several kinds of state have means the same in all.
_LEVELS: Mapping[str, Level] = {
    **dict.fromkeys((ConditionKind.READY, Sync.IN_SYNC, Health.HEALTHY, RunResult.CONVERGED, Result.DONE), Level.GOOD),
    **dict.fromkeys((ConditionKind.STANDING_BY, RunResult.UNCHANGED), Level.QUIET),
    **dict.fromkeys((ConditionKind.SUSPENDED, ConditionKind.DRY_RUN, ConditionKind.WINDOW_CLOSED), Level.WARNING),
    **dict.fromkeys((Sync.DRIFTED, Sync.OUT_OF_SYNC, Sync.LOCKED, Sync.MISSING, Health.PROGRESSING), Level.WARNING),
    **dict.fromkeys((RunResult.PLANNED, RunResult.INTERRUPTED, Result.SKIPPED, Result.CANCELLED), Level.WARNING),
}
_WORST_FIRST = (Level.BAD, Level.WARNING, Level.QUIET, Level.GOOD)
_SIGNS = {Level.GOOD: "✓", Level.QUIET: "•", Level.WARNING: "!", Level.BAD: "✗"}
NEW = "not looked at yet"


def level(state: str) -> Level:
    """How good a state of any kind is; one that is not known is bad."""
    return Level.QUIET if state == NEW else _LEVELS.get(state, Level.BAD)


def sign(state: str) -> str:
    """A character for how good it is."""
    return _SIGNS[level(state)]


def state(view: EnvironmentView) -> str:
    """The worst of what an environment's conditions say."""
    kinds = sorted((item.kind for item in view.conditions), key=_rank)
    return kinds[0] if kinds else NEW


def worst_first(views: Sequence[EnvironmentView]) -> list[EnvironmentView]:
    """Environments that need somebody come first; by name among themselves."""
    return sorted(views, key=lambda view: (_rank(state(view)), view.name))


def releases_worst_first(releases: Sequence[ReleaseView]) -> list[ReleaseView]:
    """The same of releases."""
    return sorted(releases, key=lambda release: (_release_rank(release), release.id))


def is_suspended(view: EnvironmentView) -> bool:
    """Whether it is to be resumed rather than suspended."""
    return any(item.kind is ConditionKind.SUSPENDED for item in view.conditions)


def is_well(release: ReleaseView) -> bool:
    """Whether a release is as desired and healthy."""
    return release.standing.in_sync and release.health.is_healthy


def _rank(word: str) -> int:
    return _WORST_FIRST.index(level(word))


def _release_rank(release: ReleaseView) -> int:
    return min(_rank(release.standing.sync), _rank(release.health.condition))


def findings(view: EnvironmentView) -> list[Finding]:
    """What is wrong with its releases, and why."""
    return [finding for release in view.releases for finding in release.findings]


def due(plan: Plan) -> list[Action]:
    """What a plan does, or cannot do."""
    return [action for action in plan.actions if action.kind is not ActionKind.NONE]


def diff(action: Action) -> list[tuple[str, str]]:
    """The changes of an action as lines, each with the class that it is shown in."""
    lines = [
        (_CLASSES.get(line[:1], "same"), cut(clean(line).replace("\n", " "), LONGEST_LINE))
        for change in action.changes
        for line in change_lines(change)
    ]
    left = len(lines) - _MOST_LINES
    return [*lines[:_MOST_LINES], ("note", f"# … and {left} more lines")] if left > 0 else lines


_CLASSES = {"+": "added", "-": "removed", "@": "head", "#": "note"}


def at(time: datetime) -> str:
    """A time as people read it: in UTC, since whoever reads may be anywhere."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def ago(time: datetime, now: datetime) -> str:
    """How long ago it was, or how soon it will be."""
    distance = now - time
    if abs(distance) < timedelta(seconds=1):
        return "now"
    return f"{_span(distance)} ago" if distance > timedelta() else f"in {_span(-distance)}"


def _span(distance: timedelta) -> str:
    seconds = int(distance.total_seconds())
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def took(seconds: float) -> str:
    """How long something took."""
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
