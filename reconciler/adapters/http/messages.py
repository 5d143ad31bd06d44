"""What is asked of a server, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from reconciler.adapters.http.body import Content
from reconciler.adapters.http.failures import refusal
from reconciler.adapters.http.origin import Login

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a server.

    Attributes:
        login: sent to its own origin only, so it may be given for any URL.
        limit: the most bytes that the answer may have.
        repeatable: it may be sent again after a connection broke; by default what HTTP calls idempotent is.
    """

    method: str
    url: str
    login: Login | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Content | None = None
    limit: int = 4 * MEBIBYTE
    repeatable: bool | None = None

    @property
    def may_repeat(self) -> bool:
        """Whether sending it twice does no harm."""
        return self.method != "POST" if self.repeatable is None else self.repeatable


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said, whatever it was.

    Attributes:
        url: where the answer came from, after redirects.
        headers: by name, in any case of letters.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    with_login: bool = False

    @property
    def is_good(self) -> bool:
        """Whether it did what was asked."""
        return self.status < HTTPStatus.BAD_REQUEST

    def checked(self) -> Answer:
        """Itself. Raises TransferError: the answer is no."""
        if not self.is_good:
            raise refusal(self.status, self.content, self.url, with_login=self.with_login)
        return self
