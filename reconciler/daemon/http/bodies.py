"""Bodies of requests, within bounds of size and time."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

# Bytes and fields: of the largest form, with a name and a token.
_FORM_BYTES, _FORM_FIELDS = 10_000, 10
# Bytes. So much may be held for each connection.
_SMALL = 256_000
# Seconds.
_PATIENCE = 20.0

Place = AbstractAsyncContextManager[None]


async def bounded_body(request: Request, most: int, place: Place | None = None) -> bytes:
    """The body; whoever sends more than so many bytes is answered 413, and whoever takes too long 408.

    Args:
        place: is taken for what is large, so that there are not many at once.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(_PATIENCE):
            return await _body(request, most, place or nullcontext())
    except TimeoutError:
        raise HTTPException(408, "the body did not arrive in time") from None


async def _body(request: Request, most: int, place: Place) -> bytes:
    body = bytearray()
    async with AsyncExitStack() as held:
        async for chunk in request.stream():
            if len(body) <= _SMALL < len(body) + len(chunk):
                await held.enter_async_context(place)
            body += chunk
            if len(body) > most:
                raise _too_large(most)
    return bytes(body)


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"the body is larger than {most} bytes")


async def form(request: Request) -> dict[str, str]:
    """The fields of a form that has no files; of a field that is there twice the last one."""
    body = await bounded_body(request, _FORM_BYTES)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FORM_FIELDS))
    except ValueError:
        raise HTTPException(400, "the form cannot be read") from None
