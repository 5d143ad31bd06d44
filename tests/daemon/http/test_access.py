"""Sessions and tokens over time."""

from __future__ import annotations

from reconciler.daemon.http.access import SESSION, WRONG, WRONG_SECONDS, Gate, Sessions, same
from reconciler.model.secret import SecretText

TOKEN = SecretText("right")


def test_a_session_ends_by_itself() -> None:
    """After a working day."""
    sessions = Sessions()
    identity = sessions.begin("Ada", 0.0, TOKEN)
    assert sessions.find(identity, SESSION - 1)
    assert sessions.find(identity, SESSION) is None


def test_sessions_are_bounded() -> None:
    """The oldest goes; the newest stay."""
    sessions = Sessions()
    identities = [sessions.begin("Ada", 0.0, TOKEN) for _ in range(100)]
    assert [bool(sessions.find(identity, 1.0)) for identity in identities] == [False] * 36 + [True] * 64


def test_wrong_tokens_are_forgotten_in_time() -> None:
    """By address, so that nobody shuts out the others."""
    gate = Gate(lambda: TOKEN)
    assert not any(gate.admits("wrong", "a", 0.0) for _ in range(WRONG))
    assert gate.is_shut("a", WRONG_SECONDS - 1)
    assert not gate.is_shut("b", 0.0)
    assert not gate.is_shut("a", WRONG_SECONDS)
    assert gate.admits("right", "a", WRONG_SECONDS)


def test_an_empty_secret_is_nobodys() -> None:
    """A token that was left empty by mistake opens nothing."""
    assert not same("", SecretText(""))
    assert same("ü", SecretText("ü"))
    assert not same("\ud800", SecretText("ü"))
