"""A pool of connections to one API server: whom it trusts, how it shows who we are, and through which proxy it goes."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import tempfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.connection import HTTPConnection

from reconciler.adapters.kube.kubeconfig import Connection
from reconciler.errors import ClusterError

# Seconds. A server that does not accept within the first is down; a LIST of thousands of objects fits the second.
CONNECT_TIMEOUT, READ_TIMEOUT = 5.0, 60.0
POOL_SIZE = 16
# A peer that has gone without a word is noticed within a minute and a half, however long nothing has to be said.
_KEEPALIVE = {"TCP_KEEPIDLE": 45, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 3}


def make_pool(cluster: str, connection: Connection, size: int = POOL_SIZE) -> urllib3.PoolManager:
    """The pool for a connection; `size` is how many connections it keeps.

    Raises:
        ClusterError: a certificate, key or proxy of the kubeconfig is of no use.
    """
    options: dict[str, Any] = {
        "maxsize": size,
        "socket_options": [*HTTPConnection.default_socket_options, *_keepalive()],
        "timeout": urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
    }
    if connection.server.startswith("https"):
        options["ssl_context"] = _tls(cluster, connection)
        if connection.tls_server_name:
            options["server_hostname"] = options["assert_hostname"] = connection.tls_server_name
        if not connection.verify:
            options["assert_hostname"] = False
    proxy = proxy_of(connection)
    return _through(cluster, proxy, options) if proxy else urllib3.PoolManager(**options)


def _keepalive() -> Iterator[tuple[int, int, int]]:
    yield (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):  # not every system lets it be set
            yield (socket.IPPROTO_TCP, getattr(socket, name), value)


def login(cluster: str, connection: Connection) -> urllib3.HTTPHeaderDict:
    """The headers that say who we are, and as whom we ask; to be asked for anew, since a token file is renewed.

    Raises:
        ClusterError: a token that cannot be read, or something that cannot be sent.
    """
    headers = urllib3.HTTPHeaderDict()
    token = _token(cluster, connection)
    if token:
        headers["Authorization"] = f"Bearer {_sendable(cluster, token, 'its token holds characters that no token has')}"
    elif connection.basic:
        headers["Authorization"] = _basic(*connection.basic)
    for name, value in connection.impersonation:
        headers.add(name, _sendable(cluster, value, "the user to impersonate has a name that cannot be sent"))
    return headers


def _token(cluster: str, connection: Connection) -> str | None:
    path = connection.token_file
    if path is None:
        return connection.token
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "it is no text").lower()
        raise ClusterError(
            f"cluster {cluster}: its token in {path} cannot be read: {reason}",
            hint="check `tokenFile` in the kubeconfig; in a pod, that the token of its ServiceAccount is mounted",
        ) from error


def _sendable(cluster: str, text: str, problem: str) -> str:
    """What http.client would refuse, and print."""
    if text.isascii() and text.isprintable():
        return text
    raise ClusterError(f"cluster {cluster}: {problem}", hint="get a new kubeconfig")


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _through(cluster: str, proxy: str, options: dict[str, Any]) -> urllib3.ProxyManager:
    try:
        parts = urlsplit(proxy)
        if parts.username:
            given = _basic(unquote(parts.username), unquote(parts.password or ""))
            options["proxy_headers"] = {"Proxy-Authorization": given}
        return urllib3.ProxyManager(proxy, **options)
    except (ValueError, urllib3.exceptions.HTTPError) as error:
        # The address is not shown: it may hold a password.
        raise ClusterError(
            f"cluster {cluster}: the proxy of its kubeconfig's `proxy-url`, or of HTTPS_PROXY, cannot be used",
            hint="it has to be http://HOST:PORT or https://HOST:PORT; NO_PROXY names hosts that need none",
        ) from error


def proxy_of(connection: Connection) -> str | None:
    """The URL of the proxy on the way to a server: the kubeconfig's, else the system's. It may hold a password."""
    parts = urlsplit(connection.server)
    system = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    return connection.proxy or system


def _tls(cluster: str, connection: Connection) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=connection.authority)
    except (ssl.SSLError, ValueError) as error:
        raise _no_pem(cluster, "certificate-authority", error) from error
    if not connection.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        # The kubeconfig says so; a warning at every request would tell nobody anything new.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    if connection.certificate and connection.key:
        try:
            _load_identity(context, connection.certificate, connection.key)
        except ssl.SSLError as error:
            raise _no_pem(cluster, "client-certificate` and `client-key", error) from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise ClusterError(
                f"cluster {cluster}: no file can be made to give its client certificate to OpenSSL: {reason}",
                hint="make room for a temporary file, or name another folder for them in TMPDIR",
            ) from error
    return context


def _no_pem(cluster: str, what: str, error: Exception) -> ClusterError:
    reason = getattr(error, "reason", None) or "no PEM"
    return ClusterError(
        f"cluster {cluster}: `{what}` of its kubeconfig cannot be used: {str(reason).replace('_', ' ').lower()}",
        hint="they are PEM texts, in base64 where the name ends with -data; get a new kubeconfig",
    )


def _load_identity(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """OpenSSL takes a client's certificate only from a file: one that others cannot read, gone at once."""
    handle, path = tempfile.mkstemp(prefix="reconciler-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(f"{certificate}\n{key}\n")
        context.load_cert_chain(path)
    finally:
        os.unlink(path)  # noqa: PTH108 - the pair of mkstemp
