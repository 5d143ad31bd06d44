"""An HTTP server in a thread of its own, by uvicorn."""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from uvicorn import Config
from uvicorn import Server as Uvicorn

from reconciler.adapters.connections import BoundedConnection, Bounds
from reconciler.errors import ListenError

# An application by the ASGI specification, https://asgi.readthedocs.io/en/latest/specs/main.html.
Message = MutableMapping[str, Any]
App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

# Bytes of a request's header.
_LONGEST_HEADER = 16_384
# Seconds that requests under way have when the server stops; streams are ended then.
_GRACE = 2
_START_SECONDS = 10.0
_STEP = 0.01


class Server:
    """A server that answers; see `serve`."""

    def __init__(
        self, uvicorn: Uvicorn, thread: threading.Thread, listening: socket.socket, ending: Callable[[], None]
    ) -> None:
        self._uvicorn = uvicorn
        self._thread = thread
        self._listening = listening
        self._ending = ending
        self.port: int = listening.getsockname()[1]

    def stop(self) -> None:
        """End it: what is under way has two seconds."""
        self._ending()
        self._uvicorn.should_exit = True
        self._thread.join(_START_SECONDS)
        self._listening.close()

    @property
    def is_alive(self) -> bool:
        """Whether its thread still runs."""
        return self._thread.is_alive()


def serve(
    app: App, listen: str, ending: Callable[[], None] = lambda: None, bounds: Bounds = BoundedConnection.bounds
) -> Server:
    """Serve an application; port 0: one that is free.

    Args:
        listen: `HOST:PORT`, with an IPv6 address in brackets; without a host: on all addresses.
        ending: called first when the server stops, so that the application ends its streams.
        bounds: of each client, and of all.

    Raises:
        ListenError: the address cannot be listened on.
    """
    listening = _listen(listen)
    # Logs are the daemon's own, which has a record of each action. Headers of proxies are not believed: nothing is
    # decided by a client's address but how many wrong tokens it may try.
    config = Config(
        app,
        log_config=None,
        # What clients do wrong, any of them could fill the log with.
        log_level="error",
        access_log=False,
        http=type("Connection", (BoundedConnection,), {"bounds": bounds}),
        # Requests whose client is gone are worked on still; connections are bounded below that.
        limit_concurrency=2 * bounds.connections,
        h11_max_incomplete_event_size=_LONGEST_HEADER,
        ws="none",
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    uvicorn = Uvicorn(config)
    thread = threading.Thread(target=uvicorn.run, args=([listening],), name="http", daemon=True)
    thread.start()
    _await_start(uvicorn, thread, listen)
    return Server(uvicorn, thread, listening, ending)


def _listen(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    address = (host.strip("[]"), int(port))
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    try:
        return socket.create_server(address, family=family)
    except OSError as error:
        hint = "end what listens there already, or choose another `server.listen`"
        raise ListenError(f"cannot listen on {listen}: {error.strerror or error}", hint=hint) from error


def _await_start(uvicorn: Uvicorn, thread: threading.Thread, listen: str) -> None:
    waited = 0.0
    while not uvicorn.started:
        thread.join(_STEP)
        waited += _STEP
        if not thread.is_alive() or waited > _START_SECONDS:
            raise ListenError(f"the HTTP server on {listen} did not start", hint=None)
