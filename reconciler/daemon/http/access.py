"""Who may act: the token, sessions of those who gave it, and how many wrong ones are borne."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.model.secret import SecretText

# Seconds: a working day.
SESSION = 8 * 3_600.0
_MOST_SESSIONS = 64
# So many wrong tokens from one address within so many seconds; a token of 20 letters is not found that way.
WRONG, WRONG_SECONDS = 10, 300.0
_MOST_ADDRESSES = 1_000


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who gave the token.

    Attributes:
        who: the name that they gave, for the history.
        csrf: what their forms carry, and no page of a stranger knows.
        until: seconds; not valid from then on.
        token: the one that was given; another one since then ends the session.
    """

    who: str
    csrf: SecretText
    until: float
    token: SecretText


class Sessions:
    """The open ones by their ids; a restart ends them all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: Mapping[str, Session] = {}

    def begin(self, who: str, now: float, token: SecretText) -> str:
        """The id of a new one. Where there are too many, the oldest ends."""
        identity = secrets.token_urlsafe(32)
        session = Session(who, SecretText(secrets.token_urlsafe(32)), now + SESSION, token)
        with self._lock:
            valid = [(key, value) for key, value in self._open.items() if now < value.until]
            self._open = dict([*valid[-(_MOST_SESSIONS - 1) :], (identity, session)])
        return identity

    def find(self, identity: str, now: float) -> Session | None:
        """The one with this id, while it is valid."""
        # An id of 256 random bits is not found by the time that a lookup takes.
        session = self._open.get(identity)
        return session if session and now < session.until else None

    def end(self, identity: str) -> None:
        """End it."""
        with self._lock:
            self._open = {key: value for key, value in self._open.items() if key != identity}


class Gate:
    """Whether a token is the right one; `token` gives the one that it is now."""

    def __init__(self, token: Callable[[], SecretText]) -> None:
        self.token = token
        self._lock = threading.Lock()
        self._wrong: Mapping[str, tuple[float, ...]] = {}

    def is_shut(self, address: str, now: float) -> bool:
        """Whether this address gave too many wrong ones."""
        return len(self._lately(address, now)) >= WRONG

    def admits(self, given: str, address: str, now: float) -> bool:
        """Whether it is the token; a wrong one is counted."""
        right = same(given, self.token())
        if not right:
            self._count(address, now)
        return right

    def _lately(self, address: str, now: float) -> tuple[float, ...]:
        return tuple(time for time in self._wrong.get(address, ()) if now - time < WRONG_SECONDS)

    def _count(self, address: str, now: float) -> None:
        with self._lock:
            times = (*self._lately(address, now), now)[-WRONG:]
            others = [(key, value) for key, value in self._wrong.items() if key != address]
            self._wrong = dict([*others[-(_MOST_ADDRESSES - 1) :], (address, times)])


def same(given: str, secret: SecretText) -> bool:
    """Whether a text is the secret, in a time that does not tell where they differ; an empty secret is nobody's."""
    expected = secret.reveal().encode()
    return bool(expected) and hmac.compare_digest(given.encode(errors="replace"), expected)
