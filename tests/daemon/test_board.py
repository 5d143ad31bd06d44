"""How all environments stand."""

from __future__ import annotations

from dataclasses import replace

from reconciler.daemon.board import LiveBoard
from tests.daemon.stories import view


def test_an_environment_that_moved() -> None:
    """What the file that had it before is through with takes it from nobody."""
    board, before = LiveBoard(), view(name="shop")
    now = replace(before, path="moved.yaml")
    board.put(before)
    board.put(now)
    board.drop("shop", before.path)
    assert board.environments() == (now,)
    board.drop("shop", now.path)
    assert board.environments() == ()
