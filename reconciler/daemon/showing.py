"""How an environment stands after a run, and when it is looked at next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconciler.daemon.conditions import Obstacle
from reconciler.daemon.config import KeepSpec
from reconciler.daemon.runner import Ran
from reconciler.daemon.timing import Backoff, Polling
from reconciler.daemon.views import left_of, obstacles_of, others_of, releases_of
from reconciler.daemon.windows import is_open, next_opening
from reconciler.flows.status import ReleaseStatus
from reconciler.model.identity import Target
from reconciler.model.standing import Condition as Health
from reconciler.model.standing import Sync
from reconciler.model.sync import ConditionKind, EnvironmentView, Run, RunResult

# Runs that are kept, and how often what is becoming ready, or was changed during a run, is looked at.
_RUNS = 50
_SETTLING = Backoff(first=5.0, longest=300.0)
_DRIFTING = Backoff(first=1.0, longest=300.0)


def after(view: EnvironmentView, ran: Ran, retries: Mapping[Target, datetime]) -> EnvironmentView:
    """The view with what a run has found."""
    run, kept = ran.run, ran.turn.kept
    shown = replace(view, running=None, runs=with_run(view.runs, run))
    if run.result.is_success:
        ended = run.started + timedelta(seconds=run.seconds)
        shown = replace(shown, applied=run.commit or view.applied, succeeded=ended)
    if not kept:
        return shown
    whole = not ran.turn.unreachable and ran.turn.trouble is None
    before = () if whole and len(kept) == 1 else view.releases
    return replace(
        shown, plan=left_of(kept), others=others_of(kept), releases=releases_of(kept, before, view.releases, retries)
    )


def with_run(runs: tuple[Run, ...], run: Run) -> tuple[Run, ...]:
    """The last runs; of several in a row that found nothing to do, only the newest is kept."""
    older = runs[1:] if runs and _says_nothing(run) and _says_nothing(runs[0]) else runs
    return (run, *older)[:_RUNS]


def _says_nothing(run: Run) -> bool:
    return run.result.is_success and not run.steps


@dataclass(frozen=True, slots=True)
class Last:
    """What the last run has found to stand in the way.

    Attributes:
        waits: there was something to do, and nothing might be changed.
    """

    obstacles: tuple[Obstacle, ...]
    waits: bool


def last_of(before: Last | None, ran: Ran) -> Last | None:
    """What is known after a run; one that was interrupted has found out nothing."""
    if ran.run.result is RunResult.INTERRUPTED:
        return before
    return Last(obstacles_of(ran.turn, ran.said), waits=bool(ran.run.changes) and not ran.allowed)


def limits(keep: KeepSpec, last: Last | None, now: datetime, suspended: str) -> Iterable[Obstacle]:
    """What of the way it is kept stands between it and the newest commit."""
    if suspended:
        hint = "resume it, or take `suspend` out of the Sync file"
        yield Obstacle(ConditionKind.SUSPENDED, f"suspended {suspended}", hint)
    if keep.dry_run:
        yield Obstacle(ConditionKind.DRY_RUN, "it is only looked at", "take `dryRun` out of the Sync file")
    elif last and last.waits and not is_open(keep.windows, now):
        opens = next_opening(keep.windows, now)
        when = f" until {opens:%a %Y-%m-%d %H:%M} UTC" if opens else ""
        yield Obstacle(ConditionKind.WINDOW_CLOSED, f"what is planned waits{when}")


@dataclass(frozen=True, slots=True)
class Pace:
    """When an environment is looked at next.

    Attributes:
        due: seconds from now.
        settling: how often in a row it was not ready yet, not as the run had left it, or the run was interrupted.
    """

    due: float
    settling: int


def next_look(keep: KeepSpec, ran: Ran, settling: int, now: datetime, chance: float) -> Pace:
    """After the interval; sooner while something becomes ready, when somebody changed something during the run, and
    when a window opens that is waited for."""
    due = Polling(keep.interval).next(0.0, chance)
    backoff = _DRIFTING if _has_drifted(keep, ran) else _SETTLING if _is_settling(ran) else None
    settling = settling + 1 if backoff else 0
    if backoff:
        due = min(due, backoff.wait(settling, chance))
    opens = next_opening(keep.windows, now)
    if ran.run.changes and not ran.allowed and not keep.dry_run and opens:
        due = min(due, (opens - now).total_seconds())
    return Pace(due, settling)


def _has_drifted(keep: KeepSpec, ran: Ran) -> bool:
    """Whether the look at the end saw drift, of which no watch will tell: it is what they go on from."""
    if not (keep.correct_drift and ran.allowed and ran.run.result.is_success):
        return False
    return any(item.standing.sync is Sync.DRIFTED for item in _statuses(ran))


def _is_settling(ran: Ran) -> bool:
    return ran.run.result is RunResult.INTERRUPTED or any(
        item.health.condition is Health.PROGRESSING for item in _statuses(ran)
    )


def _statuses(ran: Ran) -> Iterator[ReleaseStatus]:
    return (item for part in ran.turn.kept for item in part.status.releases)
