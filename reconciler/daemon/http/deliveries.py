"""POST /webhooks/PROVIDER: a reason to ask the repository."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from reconciler.daemon.http.bodies import bounded_body
from reconciler.daemon.http.site import Site
from reconciler.daemon.seen import Seen
from reconciler.daemon.source.proofs import Provider, is_claimed
from reconciler.daemon.source.webhooks import (
    MAX_BODY,
    Delivery,
    Distrust,
    Ignored,
    Push,
    Received,
    Refused,
    concerns,
    receive,
)
from reconciler.report.style import clean

# Large bodies at once: they are held whole until they are proved. Most are small, and wait for none of them.
_AT_ONCE = 4
_STATUS = {Distrust.TOO_LARGE: 413, Distrust.UNPROVEN: 401, Distrust.UNREADABLE: 400}


class Deliveries:
    """The endpoint; it remembers what was delivered."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._seen = Seen()
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def receive(self, request: Request) -> Response:
        """202 for what is genuine, also when it is of no interest: servers turn off webhooks that answer otherwise."""
        provider = _provider(request.path_params["provider"])
        secrets = (await run_in_threadpool(self._site.secrets)).get(provider, ()) if provider else ()
        if provider is None or not secrets:
            return PlainTextResponse("no webhook of this provider is set up\n", 404)
        if not is_claimed(provider, request.headers):
            return await self._answer(Refused(Distrust.UNPROVEN))
        body = await bounded_body(request, MAX_BODY, self._free)
        delivery = Delivery(provider, dict(request.headers), body, self._site.now().timestamp())
        received, self._seen = receive(delivery, secrets, self._seen)
        return await self._answer(received)

    async def _answer(self, received: Received) -> Response:
        match received:
            case Refused(reason):
                return PlainTextResponse(f"{reason}\n", _STATUS[reason])
            case Ignored(reason):
                return PlainTextResponse(f"ignored: {clean(reason)}\n", 202)
            case Push():
                return await self._pushed(received)

    async def _pushed(self, push: Push) -> Response:
        if self._site.source is None or not concerns(push, self._site.source):
            return PlainTextResponse("ignored: it is nothing that is followed\n", 202)
        await run_in_threadpool(self._site.controls.pushed, f"{push.repository} {push.ref}")
        return PlainTextResponse("accepted\n", 202)


def _provider(name: str) -> Provider | None:
    return Provider(name) if name in list(Provider) else None
