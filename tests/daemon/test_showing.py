"""How an environment stands after runs, and when it is looked at next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.daemon.config import KeepSpec
from reconciler.daemon.runner import Ran
from reconciler.daemon.showing import after, last_of, next_look
from reconciler.daemon.timing import Polling
from reconciler.daemon.turns import Turn
from reconciler.model.identity import SecretId
from reconciler.model.outcome import Result
from reconciler.model.standing import Sync
from reconciler.model.sync import EnvironmentView
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
