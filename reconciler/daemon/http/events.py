"""Server-sent events: which environments stand otherwise, as it happens.

The format is https://html.spec.whatwg.org/multipage/server-sent-events.html. A page that is told reads itself anew, so
that what it shows has one source.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from reconciler.daemon.http.updates import Update, Updates
from reconciler.report.style import clean
from reconciler.report.values import cut

MOST_READERS = 64
# Seconds: below the 60 after which proxies end a silent connection; then a stream ends, and the page opens another.
HEARTBEAT, LIFETIME = 15.0, 600.0
# Seconds beyond which a reader that takes nothing is given up.
_PATIENCE = 60.0
_LONGEST_TEXT = 300


class Events:
    """The endpoint `/events`."""

    def __init__(self, updates: Updates, heartbeat: float = HEARTBEAT, lifetime: float = LIFETIME) -> None:
        self._updates = updates
        self._heartbeat = heartbeat
        self._lifetime = lifetime
        # Numbers begin anew with each start of the daemon, so that those of an earlier one have to be known for such.
        self._era = secrets.token_hex(4)

    async def stream(self, request: Request) -> Response:
        """A stream from what the reader saw last, or from now on."""
        if self._updates.readers >= MOST_READERS:
            return PlainTextResponse("too many pages are open\n", 503, {"Retry-After": "30"})
        return _Stream(self._text(self._position(request)), self._lifetime + _PATIENCE)

    def _position(self, request: Request) -> int | None:
        """The number of what the reader saw last; None: that cannot be gone on from."""
        last = request.headers.get("last-event-id")
        if last is None:
            return self._updates.number
        era, _, number = last.partition("-")
        known = era == self._era and number.isascii() and number.isdigit() and len(number) < _LONGEST_TEXT
        return int(number) if known else None

    async def _text(self, position: int | None) -> AsyncIterator[str]:
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(woken.set)

        self._updates.subscribe(wake)
        try:
            until = loop.time() + self._lifetime
            yield "retry: 3000\n\n"
            while not self._updates.is_closed and loop.time() < until:
                woken.clear()
                text, position = self._news(position)
                yield text or ": alive\n\n"
                await _woken(woken, self._heartbeat)
        finally:
            self._updates.unsubscribe(wake)

    def _news(self, position: int | None) -> tuple[str, int]:
        """What is to be sent to a reader at this position, and its next one."""
        news = None if position is None else self._updates.after(position)
        if news is None:
            number = self._updates.number
            return self._event("behind", number, {}), number
        sent = "".join(self._event("changed", update.number, _document(update)) for update in news)
        return sent, news[-1].number if news else position or 0

    def _event(self, name: str, number: int, document: dict[str, str | None]) -> str:
        # JSON has no line end that is not escaped, which would end the data.
        return f"event: {name}\nid: {self._era}-{number}\ndata: {json.dumps(document)}\n\n"


def _document(update: Update) -> dict[str, str | None]:
    return {"environment": update.environment, "text": cut(clean(update.text).replace("\n", " "), _LONGEST_TEXT)}


async def _woken(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


class _Stream(StreamingResponse):
    """A stream that is given up when its reader takes nothing for too long."""

    def __init__(self, content: AsyncIterator[str], longest: float) -> None:
        super().__init__(content, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        self._longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See StreamingResponse."""
        try:
            async with asyncio.timeout(self._longest):
                await super().__call__(scope, receive, send)
        except TimeoutError:
            return
