"""What a client may hold of the HTTP server: connections, and time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.model.peer import peer


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of it; times in seconds.

    Attributes:
        connections: of all clients together; each holds a socket and some kB.
        each: of one client, so that it leaves some to the others, such as probes. Behind an ingress all are one.
        arrival: until a request's header is there, from the connection's beginning or the end of the last answer.
        answer: until a request is answered and its answer taken; longer than any stream of ours.
    """

    connections: int = 256
    each: int = 192
    arrival: float = 10.0
    answer: float = 700.0


class BoundedConnection(H11Protocol):
    """A connection that is cut off where it goes beyond the bounds, of which uvicorn has none: it waits for ever for a
    header, and where there are too many connections it refuses the requests of everybody."""

    bounds = Bounds()
    _timer: asyncio.TimerHandle | None = None
    _timed: object = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """See Protocol."""
        super().connection_made(transport)
        if self._is_one_too_many():
            # Of many that come at once none is lost before the last is made.
            self.connections.discard(self)
            transport.abort()
        else:
            self._begin_timer(self.bounds.arrival)

    def data_received(self, data: bytes) -> None:
        """See Protocol."""
        super().data_received(data)
        self._follow()

    def on_response_complete(self) -> None:
        """A request is answered, and the next one may have begun."""
        super().on_response_complete()
        self._follow()

    def connection_lost(self, exc: Exception | None) -> None:
        """See Protocol."""
        super().connection_lost(exc)
        if self._timer:
            self._timer.cancel()

    def _is_one_too_many(self) -> bool:
        ours = _peer(self)
        same = sum(_peer(other) == ours for other in self.connections)
        return len(self.connections) > self.bounds.connections or same > self.bounds.each

    def _follow(self) -> None:
        """Give each request its own time, and the one that is still to come its own."""
        under_way = None if self.cycle is None or self.cycle.response_complete else self.cycle
        if under_way is not self._timed:
            self._timed = under_way
            self._begin_timer(self.bounds.answer if under_way else self.bounds.arrival)

    def _begin_timer(self, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None if self.transport.is_closing() else self.loop.call_later(seconds, self.transport.abort)


def _peer(connection: object) -> str:
    client = getattr(connection, "client", None)
    return peer(client[0]) if client else ""
