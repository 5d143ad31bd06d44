"""What can go wrong between a client and an API server, each as one fault at one request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.requests import Asked

SLOW_SECONDS = 2.0


class Fault(StrEnum):
    """What befalls one request. "Before" and "after" are about the server: whether it saw the request."""

    KILL_BEFORE = "SIGKILL before"
    KILL_AFTER = "SIGKILL after"
    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    BUSY = "429 Retry-After"
    BROKEN = "500"
    UNAVAILABLE = "503"
    TIMEOUT = "504"
    SLOW = "slow"
    TRUNCATED = "truncated"
    EXPIRED = "401 expired"
    CONFLICT = "409"
    GONE = "410 on watch"
    MEANWHILE = "something happens meanwhile"

    @property
    def kills(self) -> bool:
        """Whether it ends the client."""
        return self in (Fault.KILL_BEFORE, Fault.KILL_AFTER)

    @property
    def is_after(self) -> bool:
        """Whether the server does what it was asked for."""
        return self in (Fault.KILL_AFTER, Fault.RESET_AFTER, Fault.SLOW, Fault.TRUNCATED, Fault.MEANWHILE)

    def fits(self, asked: Asked) -> bool:
        """Whether an API server or the network could do this to such a request."""
        match self:
            case Fault.CONFLICT:
                return asked.is_write
            case Fault.GONE:
                return asked.is_watch
            case Fault.TRUNCATED:
                return not asked.is_watch
        return True


# Those of one request, which the matrix is made of.
OF_ONE_REQUEST: tuple[Fault, ...] = tuple(fault for fault in Fault if fault is not Fault.MEANWHILE)


@dataclass(frozen=True)
class Refusal:
    """An API server's answer that is no.

    Attributes:
        after: seconds of its Retry-After; None sends none.
    """

    code: int
    reason: str
    message: str
    after: int | None = None

    @property
    def body(self) -> bytes:
        """A Kubernetes Status."""
        return json.dumps(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "code": self.code,
                "reason": self.reason,
                "message": self.message,
            }
        ).encode()


# In the words of a real API server.
REFUSALS = {
    Fault.BUSY: Refusal(429, "TooManyRequests", "too many requests, please try again later", after=1),
    Fault.BROKEN: Refusal(500, "InternalError", "Internal error occurred: etcdserver: leader changed"),
    Fault.UNAVAILABLE: Refusal(503, "ServiceUnavailable", "apiserver not ready"),
    Fault.TIMEOUT: Refusal(504, "Timeout", "request did not complete within requested timeout"),
    Fault.EXPIRED: Refusal(401, "Unauthorized", "Unauthorized"),
    Fault.CONFLICT: Refusal(409, "Conflict", "the object has been modified; please apply your changes to the latest"),
}
GONE = Refusal(410, "Expired", "too old resource version: 1 (2)")
