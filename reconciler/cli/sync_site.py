"""What the daemon serves, as its Sync file says."""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import UTC, datetime
from functools import partial

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.serving import Server, serve
from reconciler.daemon.board import LiveBoard
from reconciler.daemon.config.load import SyncFile
from reconciler.daemon.config.settings import Fresh
from reconciler.daemon.http.answers import make_answers
from reconciler.daemon.http.app import application
from reconciler.daemon.http.site import Secrets, Site, is_loopback
from reconciler.daemon.http.updates import Updates
from reconciler.daemon.source.proofs import Provider
from reconciler.daemon.telling.observers import Observers
from reconciler.model.secret import SecretText
from reconciler.model.source import GitSource
from reconciler.model.sync import Controls

_LOGGER = logging.getLogger("reconciler.http")


def serve_site(
    file: SyncFile, source: GitSource | None, board: LiveBoard, controls: Controls, observers: Observers
) -> Server:
    """Serve the status page, webhooks, probes and metrics.

    Raises:
        DesiredStateError: a token or secret cannot be read.
        ListenError: the address cannot be listened on.
    """
    spec = file.spec.server
    updates, clock = Updates(), SystemClock()
    board.listen(updates.tell)
    site = Site(
        board,
        controls,
        updates,
        lambda: datetime.now(UTC),
        token=_token(file, clock),
        local=is_loopback(spec.listen),
        source=source,
        secrets=Fresh("server.webhooks", partial(_secrets, file), clock.ticks),
        answers=make_answers(board, observers, spec.ready_after, clock),
    )
    server = serve(application(site), spec.listen, updates.close)
    _LOGGER.info("listening", extra={"facts": {"address": spec.listen, "port": server.port}})
    return server


def _token(file: SyncFile, clock: SystemClock) -> Fresh[SecretText] | None:
    source = file.spec.server.token
    return Fresh("server.token", partial(file.secret, source, "server", "token"), clock.ticks) if source else None


def _secrets(file: SyncFile) -> Secrets:
    found: defaultdict[Provider, tuple[SecretText, ...]] = defaultdict(tuple)
    for index, hook in enumerate(file.spec.server.webhooks):
        found[Provider(hook.provider)] += (file.secret(hook.secret, "server", "webhooks", index, "secret"),)
    return found
