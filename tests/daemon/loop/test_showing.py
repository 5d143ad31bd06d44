"""How an environment stands after runs, and when it is looked at next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.daemon.config.sync_file import KeepSpec
from reconciler.daemon.loop.runner import Ran
from reconciler.daemon.loop.showing import Last, after, last_of, limits, next_look, with_run, with_suspension
from reconciler.daemon.loop.turns import Turn
from reconciler.daemon.timing import Polling
from reconciler.errors import LockLostError
from reconciler.model.identity import SecretId
from reconciler.model.outcome import Result
from reconciler.model.standing import Sync
from reconciler.model.sync import EnvironmentView, Run, Suspension
from tests.daemon.stories import COMMIT
from tests.daemon.turns import API, JOBS, NOW, WEB, End, part, ran, whole

KEEP = KeepSpec()
INTERVAL = Polling(KEEP.interval).next(0.0, 0.0)
CLOSED = KeepSpec.model_validate({"windows": [{"opens": "13:00", "closes": "14:00"}]})
TODO = End(API, sync=Sync.DRIFTED, work=True)


@pytest.mark.parametrize(
    ("last", "keep", "due"),
    [
        (ran(whole(End(API))), KEEP, INTERVAL),
        (ran(part(End(API))), KEEP, 300.0),
        (ran(Turn()), KEEP, INTERVAL),
        (ran(whole(TODO, allowed=False), allowed=False), CLOSED, INTERVAL),
        (ran(part(TODO, allowed=False), allowed=False), CLOSED, 300.0),
        (ran(whole(TODO, allowed=False), allowed=False), CLOSED.model_copy(update={"interval": 9999.0}), 3600.0),
    ],
    ids=["all", "a part", "nothing could be looked at", "a window", "a part, and a window", "the window opens before"],
)
def test_the_next_look(last: Ran, keep: KeepSpec, due: float) -> None:
    """After the interval, which a run about a part does not begin anew; when a window opens that is waited for."""
    assert next_look(keep, last, 300.0, NOW, 0.0) == due


def view(*runs: Ran) -> EnvironmentView:
    """After these runs."""
    shown = EnvironmentView("staging", "staging.yaml")
    for item in runs:
        shown = after(shown, item, {})
    return shown


def test_a_part_is_shown_beside_the_rest() -> None:
    """The releases, the plan and the others that a run did not look at are as they were."""
    login = SecretId("main", "shop", "login")
    first = after(
        EnvironmentView("staging", "staging.yaml", others=((login, "it is missing"),)),
        ran(
            replace(part(TODO, End(WEB, sync=Sync.FAILED, work=True), End(JOBS), allowed=False), only=()), allowed=False
        ),
        {},
    )
    shown = after(first, ran(part(End(API, Result.DONE, work=True))), {})
    assert {item.id: item.standing.sync for item in shown.releases} == {
        API: Sync.IN_SYNC,
        JOBS: Sync.IN_SYNC,
        WEB: Sync.FAILED,
    }
    assert shown.plan
    assert [item.target for item in shown.plan.actions if item.work] == [WEB]
    assert shown.others == ((login, "it is missing"),)
    assert [item.id for item in after(shown, ran(whole(End(API))), {}).releases] == [API]


def test_success_is_of_all() -> None:
    """A part that went well says nothing about the rest, not even that a commit is applied."""
    good = ran(whole(End(API)))
    committed = replace(good, run=replace(good.run, commit=COMMIT))
    assert view(committed).succeeded == NOW + timedelta(seconds=1)
    assert view(committed).applied == COMMIT
    partly = ran(part(End(API)))
    shown = view(replace(partly, run=replace(partly.run, commit=COMMIT)))
    assert (shown.succeeded, shown.applied) == (None, None)


def waits(*runs: Ran) -> bool:
    """Whether something waits after these runs."""
    last = last_of(None, runs[-1], view(*runs))
    return last is not None and last.waits


def test_what_waits_for_a_window() -> None:
    """Also what the last run did not look at."""
    planned = ran(whole(TODO, allowed=False), allowed=False)
    web, api = (ran(part(End(name), allowed=False), allowed=False) for name in (WEB, API))
    assert waits(planned)
    assert waits(planned, web)
    assert not waits(planned, api)
    assert not waits(ran(whole(End(API, Result.DONE, work=True))))


def test_a_run_that_was_cut_off_changes_nothing() -> None:
    """What was in the way before still is, and nothing else."""
    failed = ran(whole(End(API, Result.FAILED, work=True)))
    lost = ran(Turn(trouble=LockLostError("another replica leads")))
    before = last_of(None, failed, view(failed))
    assert before
    assert before.obstacles
    assert last_of(before, lost, view(failed, lost)) is before
    assert last_of(None, lost, view(lost)) is None
    assert view(failed, lost).releases == view(failed).releases


IDLE, BUSY = (ran(whole(end)).run for end in (End(API), End(API, Result.FAILED, work=True)))


@pytest.mark.parametrize(
    ("runs", "count"),
    [([IDLE], 1), ([IDLE] * 9, 1), ([BUSY] * 9, 9), ([IDLE, BUSY, IDLE, IDLE, BUSY], 4), ([BUSY] * 99, 50)],
)
def test_the_history(runs: list[Run], count: int) -> None:
    """Nights of looks that found nothing do not push out what happened; the newest is first, and there is an end."""
    shown: tuple[Run, ...] = ()
    numbered = [replace(item, id=str(number)) for number, item in enumerate(runs)]
    for item in numbered:
        shown = with_run(shown, item)
    assert len(shown) == count
    assert shown[0] is numbered[-1]


def test_suspensions_are_bounded() -> None:
    """The newest come first."""
    shown: tuple[Suspension, ...] = ()
    for number in range(30):
        shown = with_suspension(shown, Suspension(NOW, suspended=True, who=str(number)))
    assert [item.who for item in shown] == [str(number) for number in range(29, 9, -1)]


WAITING, DONE = Last((), waits=True), Last((), waits=False)
DRY = CLOSED.model_copy(update={"dry_run": True})
OPEN = KeepSpec.model_validate({"windows": [{"opens": "11:00", "closes": "14:00"}]})


@pytest.mark.parametrize(
    ("keep", "last", "suspended", "said"),
    [
        (KEEP, None, "", []),
        (KEEP, WAITING, "", []),
        (KEEP, DONE, "by ada", ["suspended: suspended by ada"]),
        (CLOSED, None, "", []),
        (CLOSED, DONE, "", []),
        (CLOSED, WAITING, "", ["window closed: what is planned waits until Wed 2026-11-25 13:00 UTC"]),
        (OPEN, WAITING, "", []),
        (DRY, WAITING, "", ["dry run: it is only looked at"]),
        (DRY, None, "by ada", ["suspended: suspended by ada", "dry run: it is only looked at"]),
    ],
)
def test_what_of_the_way_it_is_kept_is_in_the_way(
    keep: KeepSpec, last: Last | None, suspended: str, said: list[str]
) -> None:
    """A closed window only where something waits for it."""
    assert [f"{item.kind}: {item.message}" for item in limits(keep, last, NOW, suspended)] == said
