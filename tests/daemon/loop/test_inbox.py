"""What an environment is told: nothing of it is lost, whenever it comes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.daemon.loop.inbox import Inbox
from reconciler.daemon.source.origin import Checkout
from reconciler.model.sync import Trigger, Why
from tests.daemon.stories import COMMIT, NEXT

OLD, NEW = (Checkout(Path(commit.sha), commit, ("env.yaml",)) for commit in (COMMIT, NEXT))
FIRST, SECOND = (Why(Trigger.COMMIT, commit.sha[:12]) for commit in (COMMIT, NEXT))
DRIFT = Why(Trigger.DRIFT)


@pytest.mark.parametrize(
    ("meanwhile", "left"),
    [
        (lambda _: None, ()),
        (lambda inbox: inbox.ask(DRIFT), ()),
        (lambda inbox: inbox.offer(NEW, SECOND), (FIRST, SECOND)),
        (lambda inbox: inbox.offer(NEW, FIRST), (FIRST,)),
    ],
    ids=["nothing", "drift, which the run sees", "another commit", "other files for the same reason"],
)
def test_what_comes_while_files_are_looked_at(meanwhile: Callable[[Inbox], None], left: tuple[Why, ...]) -> None:
    """The run that follows answers all that was asked, but for files that it has not."""
    inbox = Inbox()
    inbox.offer(OLD, FIRST)
    assert inbox.turn() == OLD
    meanwhile(inbox)
    inbox.answered()
    assert inbox.asked == left
    assert inbox.has_offer == bool(left)
