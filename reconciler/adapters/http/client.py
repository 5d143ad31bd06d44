"""Requests, answers and downloads, within bounds that a hostile server cannot exceed."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import requests

from reconciler import __version__
from reconciler.adapters.http.failures import failure, other_content
from reconciler.adapters.http.messages import Answer, Request
from reconciler.adapters.http.origin import Login, Origin, joined, shown
from reconciler.adapters.http.retries import Patience
from reconciler.errors import TransferError, TransferReason
from reconciler.model.transfer import Progress, unseen

_MOST_REDIRECTS = 5
_CHUNK = 64 * 1024
_REDIRECTS = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)


class HttpClient:
    """Sends requests. Proxies are those of the process's environment; credentials are those given, no others.

    Args:
        ca_file: whom to trust; None means the system's authorities.
    """

    def __init__(self, ca_file: Path | None = None, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self._ca_file = str(ca_file) if ca_file else None
        self._session = _Session()
        self._session.headers["User-Agent"] = f"reconciler/{__version__}"
        # Without an `auth`, requests would look for credentials in ~/.netrc.
        self._session.auth = _no_credentials
        # Cookies know no ports, so they would carry a login from one server of a host to the next.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def close(self) -> None:
        """End its connections."""
        self._session.close()

    def send(self, request: Request) -> Answer:
        """The server's answer, whatever its status; tried again as `patience` says, where that does no harm.

        Raises:
            TransferError: there is no answer, or one longer than the request's limit.
        """
        return self.patience.attempt(lambda: self._once(request)) if request.may_repeat else self._once(request)

    def download(self, request: Request, target: Path, digest: str | None = None, progress: Progress = unseen) -> None:
        """Write the content of a URL to `target`; there is either all of it or nothing.

        Args:
            digest: the `sha256:…` that it has to have; None checks nothing.

        Raises:
            TransferError: it cannot be had, is longer than the request's limit, or has another digest.
        """
        self.try_download(request, target, digest, progress).checked()

    def try_download(self, request: Request, target: Path, digest: str | None, progress: Progress) -> Answer:
        """As `download`, for those who know what to do with a no: it is returned, and then there is no file."""
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".download-") as folder:
            partial = Path(folder) / "partial"
            answer = self.patience.attempt(lambda: self._save(request, partial, digest, progress))
            if answer.is_good:
                partial.replace(target)
            return answer

    def _once(self, request: Request) -> Answer:
        with self._opened(request) as (response, with_login):
            answer = _begun(response, with_login=with_login)
            return replace(answer, content=b"".join(_pieces(response, request.limit))) if answer.is_good else answer

    def _save(self, request: Request, file: Path, digest: str | None, progress: Progress) -> Answer:
        as_stored = {"Accept-Encoding": "identity", **request.headers}
        with self._opened(request, as_stored) as (response, with_login):
            answer = _begun(response, with_login=with_login)
            if answer.is_good:
                found = _store(response, request.limit, file, progress)
                if digest is not None and found != digest:
                    raise other_content(response.url, digest, found)
            return answer

    @contextmanager
    def _opened(
        self, request: Request, headers: Mapping[str, str] | None = None
    ) -> Iterator[tuple[requests.Response, bool]]:
        """The response after redirects, its body still to be read, and whether it was asked for with a login."""
        url, login = request.url, request.login
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                login = login if login and login.origin == Origin.of(url) else None
                with ExitStack() as stack:
                    response = self._hop(request, url, login, headers or request.headers, stack)
                    target = _redirect(response, request, url)
                    if target is None:
                        yield response, login is not None
                        return
                url = target
        except requests.RequestException as error:
            raise failure(error, url) from error
        raise TransferError(f"{shown(request.url)} leads from one address to the next", reason=TransferReason.OTHER)

    def _hop(
        self, request: Request, url: str, login: Login | None, headers: Mapping[str, str], stack: ExitStack
    ) -> requests.Response:
        shown_login = {"Authorization": login.authorization.reveal()} if login else {}
        data = stack.enter_context(request.body.opened()) if request.body else None
        response = self._session.request(
            request.method,
            url,
            headers={**headers, **shown_login},
            data=data,
            stream=True,
            allow_redirects=False,
            timeout=(self.patience.connect, self.patience.read),
            # Given here, since a variable such as REQUESTS_CA_BUNDLE would win over the session's.
            verify=self._ca_file,
        )
        return stack.enter_context(response)


class _Session(requests.Session):
    """One that leaves redirects to us: requests would look at them even if told not to follow them, and for that read
    all of their content, without any bound."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        del resp


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _redirect(response: requests.Response, request: Request, url: str) -> str | None:
    """Where the response sends us, or None."""
    if response.status_code not in _REDIRECTS or "Location" not in response.headers:
        return None
    target = joined(url, response.headers["Location"])
    if request.method not in ("GET", "HEAD"):
        raise TransferError(
            f"{shown(url)} sends what is uploaded on to {shown(target)}",
            reason=TransferReason.OTHER,
            hint="an upload is not sent on: name the new address in the environment file",
        )
    return target


def _begun(response: requests.Response, *, with_login: bool) -> Answer:
    """The answer, of a good one without its content; of one that is no, the beginning of what it says."""
    is_good = response.status_code < HTTPStatus.BAD_REQUEST
    said = b"" if is_good else next(response.iter_content(_CHUNK), b"")
    return Answer(response.status_code, response.url, response.headers, said, with_login)


def _pieces(response: requests.Response, limit: int) -> Iterator[bytes]:
    size = 0
    for piece in response.iter_content(_CHUNK):
        size += len(piece)
        if size > limit:
            raise _too_long(response.url, limit)
        yield piece


def _store(response: requests.Response, limit: int, file: Path, progress: Progress) -> str:
    told = response.headers.get("Content-Length", "")
    total = int(told) if told.isascii() and told.isdigit() else None
    if total is not None and total > limit:
        raise _too_long(response.url, limit)
    digest, done = hashlib.sha256(), 0
    with file.open("wb") as opened:
        for piece in _pieces(response, limit):
            digest.update(piece)
            opened.write(piece)
            done += len(piece)
            progress(done, total)
    return f"sha256:{digest.hexdigest()}"


def _too_long(url: str, limit: int) -> TransferError:
    return TransferError(
        f"{shown(url)} has more than the {limit} bytes that are allowed", reason=TransferReason.CORRUPT
    )
