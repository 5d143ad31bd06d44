"""How an environment stands after a run, and when it is looked at next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconciler.daemon.config.sync_file import KeepSpec
from reconciler.daemon.config.windows import is_open, next_opening
from reconciler.daemon.loop.conditions import Obstacle
from reconciler.daemon.loop.obstacles import known_after, obstacles_of
from reconciler.daemon.loop.runner import Ran
from reconciler.daemon.loop.views import left_of, others_of, releases_of
from reconciler.daemon.timing import Polling
from reconciler.model.identity import Target
from reconciler.model.sync import ConditionKind, EnvironmentView, Run, RunResult, Suspension

# Runs that are kept.
_RUNS = 50
# Times that it was suspended or resumed.
_SUSPENSIONS = 20


def after(view: EnvironmentView, ran: Ran, retries: Mapping[Target, datetime]) -> EnvironmentView:
    """The view with what a run has found; what it did not look at is as before."""
    run, kept, looked = ran.run, ran.turn.kept, ran.turn.looked
    shown = replace(view, running=None, runs=with_run(view.runs, run))
    if run.result.is_success and looked.whole:
        ended = run.started + timedelta(seconds=run.seconds)
        shown = replace(shown, applied=run.commit or view.applied, succeeded=ended)
    return replace(
        shown,
        plan=left_of(kept, looked, view.plan),
        others=others_of(kept, looked, view.others),
        releases=releases_of(kept, looked, view.releases, retries),
    )


def with_run(runs: tuple[Run, ...], run: Run) -> tuple[Run, ...]:
    """The last runs; of several in a row that found nothing to do, only the newest is kept."""
    older = runs[1:] if runs and _says_nothing(run) and _says_nothing(runs[0]) else runs
    return (run, *older)[:_RUNS]


def with_suspension(before: tuple[Suspension, ...], suspension: Suspension) -> tuple[Suspension, ...]:
    """The last ones."""
    return (suspension, *before)[:_SUSPENSIONS]


def _says_nothing(run: Run) -> bool:
    return run.result.is_success and not run.steps


@dataclass(frozen=True, slots=True)
class Last:
    """What runs have found to stand in the way.

    Attributes:
        waits: there is something to do, and nothing may be changed.
    """

    obstacles: tuple[Obstacle, ...]
    waits: bool


def last_of(before: Last | None, ran: Ran, view: EnvironmentView) -> Last | None:
    """What is known after a run; one that was interrupted has found out nothing.

    Args:
        view: that after the run.
    """
    if ran.run.result is RunResult.INTERRUPTED:
        return before
    found = obstacles_of(ran.turn, ran.said, ran.held)
    known = known_after(ran.turn, found, before.obstacles if before else ())
    return Last(known, waits=not ran.allowed and bool(view.plan and view.plan.changes))


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


def next_look(keep: KeepSpec, ran: Ran, left: float, now: datetime, chance: float) -> float:
    """Seconds until all is looked at: after the interval, sooner when a window opens that is waited for.

    Args:
        left: seconds until it was to be looked at before this run, which a run about a part does not put off.
    """
    due = left if ran.turn.only else Polling(keep.interval).next(0.0, chance)
    opens = next_opening(keep.windows, now)
    if ran.run.changes and not ran.allowed and not keep.dry_run and opens:
        due = min(due, (opens - now).total_seconds())
    return due
