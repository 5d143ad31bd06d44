"""What the daemon serves, as its Sync file says."""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.adapters.clock import SystemClock
from reconciler.adapters.serving import Server, serve
from reconciler.daemon.board import LiveBoard
from reconciler.daemon.http.answers import make_answers
from reconciler.daemon.http.app import application
from reconciler.daemon.http.site import Site, is_loopback
from reconciler.daemon.http.updates import Updates
from reconciler.daemon.load import SyncFile
from reconciler.daemon.observers import Observers
from reconciler.daemon.proofs import Provider
from reconciler.model.secret import SecretText
from reconciler.model.source import GitSource
from reconciler.model.sync import Controls

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    updates = Updates()
    board.listen(updates.tell)
    site = Site(
        board,
        controls,
        updates,
        lambda: datetime.now(UTC),
        token=file.secret(spec.token, "server", "token") if spec.token else None,
        local=is_loopback(spec.listen),
        source=source,
        secrets=_secrets(file),
        answers=make_answers(board, observers, spec.ready_after, SystemClock()),
    )
    server = serve(application(site), spec.listen, updates.close)
    _LOGGER.info("listening", extra={"facts": {"address": spec.listen, "port": server.port}})
    return server


def _secrets(file: SyncFile) -> Mapping[Provider, tuple[SecretText, ...]]:
    found: defaultdict[Provider, tuple[SecretText, ...]] = defaultdict(tuple)
    for index, hook in enumerate(file.spec.server.webhooks):
        found[Provider(hook.provider)] += (file.secret(hook.secret, "server", "webhooks", index, "secret"),)
    return found
