"""What probes are answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.daemon.health import Pulse, alive, ready
from reconciler.model.sync import ConditionKind, EnvironmentView
from tests.daemon.stories import NOW, Views, condition, view

BOUND = 600.0
LONG_AGO = NOW - timedelta(seconds=BOUND + 1)


@pytest.mark.parametrize(
    ("views", "reasons"),
    [
        pytest.param([view(ConditionKind.READY)], {}, id="fresh"),
        pytest.param([view(ConditionKind.FAILED)], {}, id="failing, but not for long"),
        pytest.param([], {"source": "no environment is known yet"}, id="nothing known"),
        pytest.param([view(succeeded=None)], {"staging": "no success yet"}, id="never"),
        pytest.param(
            [view(ConditionKind.UNREACHABLE, succeeded=None)],
            {"staging": "no success yet: unreachable"},
            id="never, and why",
        ),
        pytest.param(
            [view(ConditionKind.READY), view(ConditionKind.FAILED, name="b", succeeded=LONG_AGO)],
            {"b": "the last success was at 2026-11-25T11:49:59+00:00: failed"},
            id="one of two is late",
        ),
        pytest.param([view(ConditionKind.SUSPENDED, succeeded=None)], {}, id="suspended"),
        pytest.param([view(ConditionKind.STANDING_BY, succeeded=None)], {}, id="another replica's"),
        pytest.param([view(ConditionKind.DRY_RUN, succeeded=None)], {}, id="only looked at"),
        pytest.param([view(ConditionKind.WINDOW_CLOSED, succeeded=LONG_AGO)], {}, id="outside its windows"),
    ],
)
def test_ready_while_every_environment_had_a_success_lately(
    views: list[EnvironmentView], reasons: dict[str, str]
) -> None:
    """Not ready says which environment, since when, and by which condition."""
    verdict = ready(Views.of(views), NOW, BOUND)
    assert verdict.document() == {"ok": not reasons, "reasons": reasons}
    assert verdict.status == (503 if reasons else 200)


def test_no_message_is_told_to_probes() -> None:
    """Whoever may ask for the probe need not be one who may see what fails."""
    failing = replace(view(succeeded=None), conditions=(condition(ConditionKind.FAILED, "db password is wrong"),))
    assert "password" not in str(ready(Views.of([failing]), NOW, BOUND).document())


def test_alive_while_every_thread_gives_signs() -> None:
    """A thread that hangs is named; one that ended as it should is not missed."""
    pulse = Pulse()
    pulse.beat("loop", 100.0)
    pulse.beat("source", 100.0, within=90.0)
    assert alive(pulse, 160.0).is_good
    assert alive(pulse, 165.0).reasons == {"loop": "no sign of life for 65 s"}
    pulse.end("loop")
    assert alive(pulse, 165.0).is_good
    assert alive(pulse, 191.0).reasons == {"source": "no sign of life for 91 s"}
