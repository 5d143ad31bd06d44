"""Uploads to HTTP repositories, in ChartMuseum's way: https://github.com/helm/chartmuseum#uploading-a-chart-package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reconciler.adapters.http import Answer, Form, HttpClient, Login, Request, shown
from reconciler.adapters.http.failures import BrokenConnectionError
from reconciler.errors import TransferError, TransferReason

if TYPE_CHECKING:
    from reconciler.adapters.repositories.published import Archive
    from reconciler.model.transfer import Progress

# What a server says of an address that takes no uploads.
_NOT_HERE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})


@dataclass(frozen=True, slots=True)
class Uploads:
    """Where and how one repository takes uploads."""

    http: HttpClient
    url: str
    login: Login | None
    progress: Progress

    def send(self, archive: Archive, *, replace: bool, arrived: Callable[[], bool]) -> Answer:
        """Upload an archive, and its signature with it; returns the server's answer, whatever it is.

        A POST that broke may have been done all the same, so before it is sent again, `arrived` is asked.

        Raises:
            TransferError: nothing at the repository takes uploads, or there is no answer.
        """
        place = self._place()
        signature = {"prov": archive.provenance} if archive.provenance else {}
        form = Form({"chart": archive.path, **signature}, self.progress)
        headers = {"Content-Type": form.content_type}
        url = f"{place}?force" if replace else place
        request = Request("POST", url, self.login, headers, form)

        def attempt() -> Answer:
            try:
                answer = self.http.send(request)
            except BrokenConnectionError:
                if arrived():
                    return Answer(HTTPStatus.CREATED, url, {}, b"")
                raise
            late = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and arrived()
            return Answer(HTTPStatus.CREATED, url, {}, b"") if late else answer

        return self.http.patience.attempt(attempt)

    def _place(self) -> str:
        """The address that takes uploads: the first that does not say that it is none.

        It is asked by a POST without content, which stores nothing, so that no archive is sent in vain.
        """
        for url in upload_places(self.url):
            answer = self.http.send(Request("POST", url, self.login, repeatable=True))
            if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                answer.checked()
            if answer.status not in _NOT_HERE:
                return url
        tried = ", ".join(shown(url) for url in upload_places(self.url))
        raise TransferError(
            f"the repository takes no uploads; tried {tried}",
            reason=TransferReason.NOT_FOUND,
            hint="is it a static one? Then its files are published by whatever serves them",
        )


def upload_places(url: str) -> Iterator[str]:
    """Where a repository at `url` may take uploads, in the order in which they are tried.

    ChartMuseum with one tenant; hosts that take them beside the index; ChartMuseum with several, and Harbor.
    """
    parts = urlsplit(url)
    yield f"{url}/api/charts"
    yield f"{url}/charts"
    if parts.path.strip("/"):
        yield parts._replace(path=f"/api{parts.path}/charts").geturl()
