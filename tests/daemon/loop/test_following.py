"""What is watched of an environment that may become another's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.daemon.looked import EVERYTHING
from reconciler.daemon.loop.following import Following
from reconciler.daemon.watch.expected import NOTHING
from tests.daemon.watched import Watched


def follow(following: Following) -> None:
    """After a run that looked at everything."""
    following.follow(NOTHING, EVERYTHING)


@pytest.mark.parametrize(
    ("steps", "calls"),
    [
        ([Following.pause, follow, Following.resume, Following.end], []),
        ([Following.begin, Following.pause, follow], ["pause shop", "follow shop"]),
        ([Following.begin, Following.pause, Following.resume], ["pause shop", "resume shop"]),
        # A run ends after the environment became another's.
        ([Following.begin, Following.pause, Following.end, follow], ["pause shop", "forget shop"]),
        ([Following.begin, Following.end, Following.resume, Following.end], ["forget shop"]),
        ([Following.begin, Following.end, Following.begin, follow], ["forget shop", "follow shop"]),
    ],
)
def test_what_is_watched(steps: list[Callable[[Following], None]], calls: list[str]) -> None:
    """Something is between its begin and its end only, and is forgotten once."""
    watched = Watched()
    following = Following(watched, "shop")
    for step in steps:
        step(following)
    assert watched.calls == calls
