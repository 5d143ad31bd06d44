"""Trying again: when, how often, and how long to wait in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, retry_if_result, stop_after_attempt
from tenacity.wait import wait_random_exponential

from reconciler.adapters.http.failures import BrokenConnectionError

# The server is busy, or a part of it is down: what was asked was not done.
_AGAIN = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


class Answered(Protocol):
    """What an attempt comes back with."""

    @property
    def status(self) -> int:
        """The HTTP status code."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """By name, in any case of letters."""
        ...


T = TypeVar("T", bound=Answered)


@dataclass(frozen=True, slots=True)
class Patience:
    """How much a transfer puts up with. Times are in seconds.

    Attributes:
        attempts: how often it is tried at most.
        pause: the waits are drawn at random below this, doubled each time.
        longest: a server's Retry-After is followed up to this; more than that, and the answer is final.
        connect, read: how long to wait for a connection, and for the next piece of an answer.
        sleep: how to wait.
    """

    attempts: int = 4
    pause: float = 1.0
    longest: float = 30.0
    connect: float = 10.0
    read: float = 60.0
    sleep: Callable[[float], None] = time.sleep

    def attempt(self, action: Callable[[], T]) -> T:
        """The answer of `action`, tried again while the server is busy or the connection breaks.

        The last answer is returned, the last broken connection is raised.
        """
        tries = Retrying(
            stop=stop_after_attempt(self.attempts),
            wait=self._wait,
            retry=retry_if_exception(_is_broken) | retry_if_result(self._is_busy),
            sleep=self.sleep,
            retry_error_callback=_last,
        )
        return tries(action)

    def _is_busy(self, answer: Answered) -> bool:
        return answer.status in _AGAIN and retry_after(answer) <= self.longest

    def _wait(self, state: RetryCallState) -> float:
        drawn = wait_random_exponential(multiplier=self.pause, max=self.longest)(state)
        outcome = state.outcome
        if outcome is None or outcome.failed:
            return drawn
        # Many clients were told the same time: what was drawn spreads them.
        asked = retry_after(outcome.result())
        return min(asked + min(drawn, self.pause), self.longest) if asked else drawn


def _is_broken(error: BaseException) -> bool:
    return isinstance(error, BrokenConnectionError)


def _last(state: RetryCallState) -> Answered:
    assert state.outcome is not None  # noqa: S101 - tenacity calls it after an attempt only
    answer: Answered = state.outcome.result()
    return answer


def retry_after(answer: Answered) -> float:
    """The seconds of a Retry-After header, which may also be a date (RFC 9110, section 10.2.3); 0 without one."""
    given = answer.headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdigit():
        return float(given)
    try:
        until = parsedate_to_datetime(given)
    except (ValueError, OverflowError):
        return 0.0
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
