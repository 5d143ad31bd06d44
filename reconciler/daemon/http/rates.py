"""How many requests a client may send."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from http import HTTPStatus

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from reconciler.daemon.allowance import Allowance
from reconciler.model.peer import peer

# Requests at once, and seconds for each one more: dozens of open pages that read themselves anew. The page of an
# environment of 500 releases takes a tenth of a second.
BURST, PAUSE = 100, 0.1
# Clients that are remembered; of more, those that were not heard of for longest begin anew.
_MOST = 1_000


class Rates:
    """Passes on what a client may ask; the rest is answered 429.

    Args:
        free: paths that are always answered, since what asks for them would take a refusal for an outage.
        ticks: seconds, by a steady clock.
    """

    def __init__(self, app: ASGIApp, free: Collection[str], ticks: Callable[[], float] = time.monotonic) -> None:
        self._app, self._free, self._ticks = app, frozenset(free), ticks
        self._allowances: OrderedDict[str, Allowance] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        app = self._app if scope["path"] in self._free or self._is_allowed(scope.get("client")) else _REFUSAL
        await app(scope, receive, send)

    def _is_allowed(self, client: tuple[str, int] | None) -> bool:
        key = peer(client[0]) if client else ""
        allowance = self._allowances.setdefault(key, Allowance(BURST, PAUSE))
        self._allowances.move_to_end(key)
        if len(self._allowances) > _MOST:
            self._allowances.popitem(last=False)
        return allowance.take(self._ticks())


_REFUSAL = PlainTextResponse("too many requests\n", HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "1"})
