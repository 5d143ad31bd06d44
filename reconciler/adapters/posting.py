"""Messages to an address that is a secret: whoever knows it may write there."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from reconciler.adapters.http import Answer, Body, HttpClient, Origin, Patience, Request, retry_after
from reconciler.errors import TransferError, TransferReason
from reconciler.model.news import Answered
from reconciler.model.secret import SecretText

# Seconds. Whoever sends tries again later, so nothing is gained by waiting.
_CONNECT, _READ = 5.0, 10.0
_MOST_ANSWER = 64 * 1024
# What may pass, of the statuses that otherwise say that the message is wrong.
_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


class HttpPost:
    """Implements `reconciler.model.news.Post`; `url` gives the address as it is now.

    Raises:
        TransferError: the address is none of HTTP.
    """

    def __init__(self, url: Callable[[], SecretText]) -> None:
        self._url = url
        Origin.of(_address(url))
        self._client = HttpClient(patience=Patience(attempts=1, connect=_CONNECT, read=_READ))

    def post(self, content: bytes) -> Answered:
        """See Post."""
        headers, address = {"Content-Type": "application/json"}, _address(self._url)
        origin: Origin | None = None
        try:
            origin = Origin.of(address)
            request = Request("POST", address, headers=headers, body=Body(content), limit=_MOST_ANSWER)
            return _answered(self._client.send(request), origin)
        except TransferError as error:
            # Not its message, which may name the path.
            final = error.reason is TransferReason.OTHER
            return Answered(accepted=False, final=final, message=f"{origin or 'the address'}: {error.reason}")

    def close(self) -> None:
        """See Post."""
        self._client.close()


def _address(url: Callable[[], SecretText]) -> str:
    return url().reveal().strip()


def _answered(answer: Answer, origin: Origin) -> Answered:
    if answer.is_good:
        return Answered(accepted=True)
    final = answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and answer.status not in _PASSING
    message = f"{origin} answered with {answer.status}"
    return Answered(accepted=False, final=final, message=message, wait=retry_after(answer))
