"""A memory within bounds."""

from __future__ import annotations

from reconciler.daemon.seen import LIFETIME, Seen


def test_it_does_not_grow_for_ever() -> None:
    """The oldest go."""
    seen = Seen(most=100)
    for index in range(110):
        seen = seen.adding(str(index), float(index))
    assert len(seen) == 100
    assert not seen.has("9", 110.0)
    assert seen.has("10", 110.0)


def test_a_value() -> None:
    """What was made before stays as it was; what is too old goes with the next."""
    before = Seen().adding("a", 0.0)
    after = before.adding("b", LIFETIME + 1)
    assert before.has("a", 1.0)
    assert not before.has("b", 1.0)
    assert len(after) == 1


def test_seen_again() -> None:
    """Is young again, and counts once."""
    seen = Seen().adding("a", 0.0).adding("b", 1.0).adding("a", LIFETIME - 1)
    assert len(seen) == 2
    assert seen.has("a", LIFETIME + 1)
