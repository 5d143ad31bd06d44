"""HTTP to one API server: a pool of connections, JSON in and out, and errors in plain words."""

from __future__ import annotations

import json
import os
import ssl
import tempfile
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from reconciler import __version__
from reconciler.adapters.kube.kubeconfig import Connection
from reconciler.errors import ApiError, ClusterError

# Seconds. A server that does not accept within the first is down; a LIST of thousands of objects fits the second.
CONNECT_TIMEOUT, READ_TIMEOUT = 5.0, 60.0
# A GET is tried again when the connection breaks, or when the server asks for patience.
RETRIES = urllib3.Retry(
    total=3, connect=1, backoff_factor=0.2, status_forcelist=(429, 503), allowed_methods=("GET",), raise_on_status=False
)
POOL_SIZE = 16

APPLY_PATCH = "application/apply-patch+yaml"
MERGE_PATCH = "application/merge-patch+json"


class Transport:
    """Sends requests to one API server."""

    def __init__(self, cluster: str, connection: Connection) -> None:
        self._cluster = cluster
        self._server = connection.server
        self._headers = {"Accept": "application/json", "User-Agent": f"reconciler/{__version__}", **_login(connection)}
        self._pool = _pool(connection)

    def get(self, path: str, query: Mapping[str, str] | None = None, accept: str | None = None) -> Any:
        """The answer to a GET, as parsed JSON."""
        return self._send("GET", path, query or {}, None, {"Accept": accept} if accept else {})

    def patch(self, path: str, query: Mapping[str, str], body: Any, kind: str) -> Any:
        """The answer to a PATCH of the given content type, as parsed JSON."""
        return self._send("PATCH", path, query, body, {"Content-Type": kind})

    def _send(self, method: str, path: str, query: Mapping[str, str], body: Any, headers: Mapping[str, str]) -> Any:
        url = f"{self._server}{path}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        try:
            answer = self._pool.request(method, url, body=data, headers={**self._headers, **headers})
            content = answer.data
        except urllib3.exceptions.HTTPError as error:
            raise self._unreachable(error) from error
        if answer.status >= 400:  # noqa: PLR2004 - where HTTP's errors begin
            raise self._refused(answer.status, content, f"{method} {path}")
        return json.loads(content)

    def _unreachable(self, error: urllib3.exceptions.HTTPError) -> ClusterError:
        cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason else error
        why, hint = _explain(cause)
        return ClusterError(f"cluster {self._cluster}: {self._server} cannot be reached: {why}", hint=hint)

    def _refused(self, status: int, content: bytes, request: str) -> ApiError:
        message, reason = _status(content)
        text = f"cluster {self._cluster}: {message or request}"
        hint = None
        if status == 401:  # noqa: PLR2004 - Unauthorized
            text = f"cluster {self._cluster}: {self._server} refused the credentials (401 Unauthorized)"
            hint = "the token or certificate is wrong or has expired: get a new kubeconfig"
        elif status == 403:  # noqa: PLR2004 - Forbidden
            hint = "ask for a Role that grants this, and check it with `kubectl auth can-i`"
        return ApiError(text, status=status, reason=reason, hint=hint)


def _status(content: bytes) -> tuple[str, str]:
    """Message and reason of a Kubernetes Status; of anything else its beginning, since a proxy may have answered."""
    try:
        status = json.loads(content)
        return str(status["message"]), str(status.get("reason", ""))
    except (ValueError, KeyError, TypeError):
        return content[:200].decode(errors="replace").strip(), ""


def _explain(cause: BaseException) -> tuple[str, str]:
    text = str(cause)
    if isinstance(cause, urllib3.exceptions.NameResolutionError):
        return "its name is not known to DNS", "check the `server` of the kubeconfig, and the VPN"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"its certificate is not trusted ({_tail(text)})", "check `certificate-authority` in the kubeconfig"
    if "refused" in text:
        return "connection refused", "is the API server running, and is this its port?"
    if isinstance(cause, urllib3.exceptions.TimeoutError):
        return "no answer in time", "check the network, the VPN and the firewall"
    return _tail(text), "check the `server` of the kubeconfig, and the network"


def _tail(text: str) -> str:
    return text.rsplit(": ", 1)[-1].rstrip("')")


def _login(connection: Connection) -> dict[str, str]:
    if connection.token:
        return {"Authorization": f"Bearer {connection.token}"}
    if connection.basic:
        return urllib3.make_headers(basic_auth=":".join(connection.basic))
    return {}


def _pool(connection: Connection) -> urllib3.PoolManager:
    options: dict[str, Any] = {
        "maxsize": POOL_SIZE,
        "retries": RETRIES,
        "timeout": urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
    }
    if connection.server.startswith("https"):
        options["ssl_context"] = _tls(connection)
        if connection.tls_server_name:
            options["server_hostname"] = options["assert_hostname"] = connection.tls_server_name
        if not connection.verify:
            options["assert_hostname"] = False
    proxy = connection.proxy or _system_proxy(connection.server)
    return urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)


def _system_proxy(server: str) -> str | None:
    parts = urlsplit(server)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def _tls(connection: Connection) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=connection.authority)
    if not connection.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if connection.certificate and connection.key:
        _load_identity(context, connection.certificate, connection.key)
    return context


def _load_identity(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """OpenSSL takes a client's certificate only from a file: one that others cannot read, gone at once."""
    handle, path = tempfile.mkstemp(prefix="reconciler-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(f"{certificate}\n{key}\n")
        context.load_cert_chain(path)
    finally:
        os.unlink(path)  # noqa: PTH108 - the pair of mkstemp
