"""Messages to an address that is a secret: whoever knows it may write there."""

from __future__ import annotations

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
    """Implements `reconciler.model.news.Post`.

    Raises:
        TransferError: the address is none of HTTP.
    """

    def __init__(self, url: SecretText) -> None:
        self._url = url
        self._origin = Origin.of(url.reveal().strip())
        self._client = HttpClient(patience=Patience(attempts=1, connect=_CONNECT, read=_READ))

    def post(self, content: bytes) -> Answered:
        """See Post."""
        headers = {"Content-Type": "application/json"}
        request = Request("POST", self._url.reveal().strip(), headers=headers, body=Body(content), limit=_MOST_ANSWER)
        try:
            return self._answered(self._client.send(request))
        except TransferError as error:
            # Not its message, which may name the path.
            final = error.reason is TransferReason.OTHER
            return Answered(accepted=False, final=final, message=f"{self._origin}: {error.reason}")

    def _answered(self, answer: Answer) -> Answered:
        if answer.is_good:
            return Answered(accepted=True)
        final = answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and answer.status not in _PASSING
        message = f"{self._origin} answered with {answer.status}"
        return Answered(accepted=False, final=final, message=message, wait=retry_after(answer))

    def close(self) -> None:
        """See Post."""
        self._client.close()
