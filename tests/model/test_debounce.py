"""Changes that are taken as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.debounce import Pace, Pending

PACE = Pace(quiet=1.0, longest=5.0)


@pytest.mark.parametrize(
    ("times", "due"),
    [
        pytest.param([], None, id="none"),
        pytest.param([10.0], 11.0, id="one"),
        pytest.param([10.0, 10.5, 11.0], 12.0, id="while they follow"),
        pytest.param([10.0, 11.0, 12.0, 13.0, 14.0, 14.9], 15.0, id="not for ever"),
    ],
)
def test_due(times: list[float], due: float | None) -> None:
    """When it has been quiet for a while, or after so long."""
    pending = Pending()
    for time in times:
        pending = pending.adding(Path(f"at {time}"), time)
    assert pending.due(PACE) == due
    assert len(pending.paths) == len(times)


def test_the_same_twice() -> None:
    """Is one change."""
    assert Pending().adding(Path("a"), 1.0).adding(Path("a"), 2.0).paths == {Path("a")}
