"""HTTP to one API server: JSON in and out, and errors in plain words."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import urllib3

from reconciler import __version__
from reconciler.adapters.kube.kubeconfig import Connection, connection
from reconciler.adapters.kube.patience import NO_PATIENCE, patience
from reconciler.adapters.kube.pool import CONNECT_TIMEOUT, POOL_SIZE, login, make_pool
from reconciler.adapters.kube.stream import Stream
from reconciler.errors import ApiError, ClusterError
from reconciler.model.cluster import NO_ANSWER, Heard, unheard
from reconciler.model.json import JsonMap, maps_at, text_at

_NONE: Mapping[str, str] = {}
# Sends a request with these headers.
_Asked = Callable[[urllib3.HTTPHeaderDict], urllib3.BaseHTTPResponse]


# https://www.rfc-editor.org/rfc/rfc7234#section-5.5; API servers warn with 299 and without a name of theirs.
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: parsed JSON, and what the server said beside it."""

    content: Any = field(repr=False)
    warnings: tuple[str, ...]


class Transport:
    """Sends requests to one API server.

    Where it refuses the credentials, they are asked for anew: a plugin, or a file that was replaced, may give others.

    Args:
        limit: seconds that one request may take, which is tried once then: for what is of no use later.
        heard: told what came of each request, once however often it was sent.
        size: how many connections are kept.
    """

    def __init__(
        self,
        cluster: str,
        connected: Connection,
        *,
        limit: float | None = None,
        heard: Heard = unheard,
        size: int = POOL_SIZE,
    ) -> None:
        self.cluster = cluster
        self._server = connected.server
        self._limit = limit
        self._heard = heard
        self._size = size
        self._renewing = threading.Lock()
        self._connect(connected)

    def _connect(self, connected: Connection) -> None:
        self._pool = make_pool(self.cluster, connected, self._size)
        self._connection = connected

    def get(self, path: str, query: Mapping[str, str] | None = None, accept: str | None = None) -> Any:
        """The answer to a GET, as parsed JSON."""
        return self.ask("GET", path, query or {}, headers={"Accept": accept} if accept else {}).content

    def find(self, path: str) -> JsonMap | None:
        """The object at a path; None: there is none."""
        try:
            found: JsonMap = self.get(path)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return found

    def patch(self, path: str, query: Mapping[str, str], body: Any, kind: str) -> Reply:
        """The answer to a PATCH of the given content type."""
        return self.ask("PATCH", path, query, body, {"Content-Type": kind})

    def delete(self, path: str, options: Any) -> None:
        """DELETE with the given DeleteOptions."""
        self.ask("DELETE", path, {}, options, {"Content-Type": "application/json"})

    def post(self, path: str, query: Mapping[str, str], body: Any) -> None:
        """A POST that makes an object."""
        self.ask("POST", path, query, body, {"Content-Type": "application/json"})

    def review(self, path: str, body: Any) -> Any:
        """The answer to a POST that stores nothing, as parsed JSON."""
        return self.ask("POST", path, {}, body, {"Content-Type": "application/json"}).content

    def ask(
        self, method: str, path: str, query: Mapping[str, str], body: Any = None, headers: Mapping[str, str] = _NONE
    ) -> Reply:
        """The answer to a request. Raises ApiError: it is no; ClusterError: there is none."""
        answer = self._send(method, path, query, body, headers)
        try:
            return Reply(json.loads(answer.data), tuple(_warnings(answer.headers)))
        except ValueError as error:
            raise ClusterError(
                f"cluster {self.cluster}: {self._server} did not answer as an API server: {_beginning(answer.data)}",
                hint="something between may have answered: check the `server` of the kubeconfig, and the proxy",
            ) from error

    def text(self, path: str, query: Mapping[str, str]) -> str:
        """The answer to a GET, as text: a log. Raises as `ask` does."""
        return self._send("GET", path, query, None, {"Accept": "*/*"}).data.decode(errors="replace")

    def stream(self, path: str, query: Mapping[str, str], accept: str, seconds: float) -> Stream:
        """The answer to a GET that goes on; broken off when nothing came for so many seconds. Raises as `ask` does."""
        url = self._url(path, query)
        bounds = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=seconds)

        def asked(shown: urllib3.HTTPHeaderDict) -> urllib3.BaseHTTPResponse:
            return self._pool.request(
                "GET", url, headers=shown, retries=NO_PATIENCE, timeout=bounds, preload_content=False
            )

        return Stream(self._received("GET", path, asked, {"Accept": accept}, whole=False), self._unreachable)

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self._server}{path}" + (f"?{urlencode(query)}" if query else "")

    def _send(
        self, method: str, path: str, query: Mapping[str, str], body: Any, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        url = self._url(path, query)
        data = None if body is None else json.dumps(body).encode()
        persistence = self._persistence(method, path, headers)

        def asked(shown: urllib3.HTTPHeaderDict) -> urllib3.BaseHTTPResponse:
            return self._pool.request(method, url, body=data, headers=shown, **persistence)

        return self._received(method, path, asked, headers, whole=True)

    def _received(
        self, method: str, path: str, asked: _Asked, headers: Mapping[str, str], *, whole: bool
    ) -> urllib3.BaseHTTPResponse:
        """The answer that is no refusal; `whole`: it is read."""
        try:
            answer = self._answered(asked, headers)
            refused = answer.status >= HTTPStatus.BAD_REQUEST
            content = answer.data if whole or refused else b""  # read here, since that may fail too
        except urllib3.exceptions.HTTPError as error:
            self._heard(self.cluster, method, NO_ANSWER)
            raise self._unreachable(error) from error
        self._heard(self.cluster, method, answer.status)
        if refused:
            raise self._refused(answer.status, content, f"{method} {path}")
        return answer

    def _persistence(self, method: str, path: str, headers: Mapping[str, str]) -> Mapping[str, Any]:
        if self._limit is None:
            return {"retries": patience(method, path, headers)}
        return {"retries": NO_PATIENCE, "timeout": urllib3.Timeout(self._limit)}

    def _answered(self, ask: _Asked, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """The answer; asked for once more where the credentials were refused, and there are others by now."""
        used, shown = self._connection, self._headers(headers)
        answer = ask(shown)
        if answer.status != HTTPStatus.UNAUTHORIZED:
            return answer
        self._renew(used)
        renewed = self._headers(headers)
        return answer if (self._connection, renewed) == (used, shown) else ask(renewed)

    def _renew(self, used: Connection) -> None:
        """Once for all whose requests were refused with the same credentials. Raises ClusterError: there are none."""
        with self._renewing:
            if self._connection is used and used.access and (renewed := connection(used.access)) != used:
                self._connect(renewed)

    def _headers(self, special: Mapping[str, str]) -> urllib3.HTTPHeaderDict:
        # Not a plain dict: a user can be impersonated with several groups, each in a header of its own.
        headers = login(self.cluster, self._connection)
        headers.update({"Accept": "application/json", "User-Agent": f"reconciler/{__version__}", **special})
        return headers

    def _unreachable(self, error: urllib3.exceptions.HTTPError) -> ClusterError:
        cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason else error
        why, hint = _explain(cause)
        return ClusterError(f"cluster {self.cluster}: {self._server} cannot be reached: {why}", hint=hint)

    def _refused(self, status: int, content: bytes, request: str) -> ApiError:
        message, reason, causes = _status(content)
        hint = None
        if status == HTTPStatus.UNAUTHORIZED:
            message = f"{self._server} refused the credentials (401 Unauthorized)"
            hint = "the token or certificate is wrong or has expired: get a new kubeconfig"
        elif not message:
            message = f"{request} was answered with {status} {_phrase(status)}: {_beginning(content)}"
            hint = "this is no answer of an API server: check the `server` of the kubeconfig, and the proxy"
        elif status == HTTPStatus.FORBIDDEN:
            hint = "ask for a Role that grants this, and check it with `kubectl auth can-i`"
        return ApiError(f"cluster {self.cluster}: {message}", status=status, reason=reason, hint=hint, causes=causes)


def _warnings(headers: urllib3.HTTPHeaderDict) -> Iterator[str]:
    for line in headers.getlist("Warning"):
        yield from (_ESCAPED.sub(r"\1", text) for text in _WARNING.findall(line))


def _status(content: bytes) -> tuple[str, str, tuple[str, ...]]:
    """Message, reason and causes of a Kubernetes Status; empty for anything else, since a proxy may have answered."""
    try:
        status = json.loads(content)
        causes = tuple(text_at(cause, "message") for cause in maps_at(status, "details", "causes"))
        return str(status["message"]), str(status.get("reason", "")), causes
    except (ValueError, KeyError, TypeError):
        return "", "", ()


def _beginning(content: bytes) -> str:
    return " ".join(content[:200].decode(errors="replace").split()) or "nothing"


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else ""


def _explain(cause: BaseException) -> tuple[str, str]:
    text = str(cause)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return _distrust(_tail(text))
    if "refused" in text and not isinstance(cause, urllib3.exceptions.ProxyError):
        return "connection refused", "is the API server running, and is this its port?"
    for kind, why, hint in _CAUSES:
        if isinstance(cause, kind):
            return why, hint
    return _tail(text), "check the `server` of the kubeconfig, and the network"


_BROKE = "apply again; if it goes on, check the network, and what is between here and the server"
_CAUSES: tuple[tuple[type[BaseException], str, str], ...] = (
    (
        urllib3.exceptions.ProxyError,
        "its proxy cannot be reached",
        "check `proxy-url` in the kubeconfig, HTTPS_PROXY and NO_PROXY",
    ),
    (
        urllib3.exceptions.NameResolutionError,
        "its name is not known to DNS",
        "check the `server` of the kubeconfig, and the VPN",
    ),
    (urllib3.exceptions.TimeoutError, "no answer in time", "check the network, the VPN and the firewall"),
    (urllib3.exceptions.ProtocolError, "the connection broke", _BROKE),
)


def _distrust(why: str) -> tuple[str, str]:
    if "mismatch" in why:
        hint = "check the `server` of the kubeconfig, or name it in `tls-server-name`"
        return f"its certificate is for another name ({why})", hint
    return f"its certificate is not trusted ({why})", "check `certificate-authority` in the kubeconfig"


def _tail(text: str) -> str:
    return text.rsplit(": ", 1)[-1].rstrip("')")
