"""Everybody who is told what happens, made from the Sync file."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from reconciler.daemon.config.settings import Fresh
from reconciler.daemon.config.sync_file import NotificationSpec, SyncSpec, TracingSpec
from reconciler.daemon.health import Pulse
from reconciler.daemon.telling.logs import Log
from reconciler.daemon.telling.metrics import Metrics
from reconciler.daemon.telling.notify import Courier, Reader
from reconciler.daemon.telling.recorder import Introduce, Recorder, no_introduction
from reconciler.daemon.telling.tracing import Tracing
from reconciler.desired.schema import Source
from reconciler.errors import DesiredStateError, TransferError
from reconciler.model.desired import ClusterAccess
from reconciler.model.happening import Journal
from reconciler.model.news import Subject
from reconciler.model.secret import SecretText
from reconciler.model.sync import Notice, Tell
from reconciler.report.news import slack_content, webhook_content

_LOGGER = logging.getLogger("reconciler.observers")
_CONTENTS = {"webhook": webhook_content, "slack": slack_content}


class Secrets(Protocol):
    """Reads what a reference of the Sync file holds."""

    def __call__(self, source: Source, *path: str | int) -> SecretText:
        """The text of the reference at `path`. Raises DesiredStateError: it cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class Observers:
    """Those who are told; the loop tells them all by `tell`.

    Attributes:
        metrics: for scrapes; its `asked` and `waiting` are told too.
        pulse: where threads give their signs of life.
        introduce: is told the clusters of an environment, when its files are others than before.
    """

    metrics: Metrics = field(default_factory=Metrics)
    pulse: Pulse = field(default_factory=Pulse)
    introduce: Introduce = no_introduction
    tells: Sequence[Tell] = ()
    closing: Sequence[Callable[[], None]] = ()

    def tell(self, notice: Notice) -> None:
        """Tell them all; one that fails keeps nothing from the others."""
        for tell in self.tells:
            try:
                tell(notice)
            except Exception:
                _LOGGER.exception("an observer failed")

    def close(self) -> None:
        """End their threads within seconds; what they still have to say is sent as far as that goes."""
        for close in self.closing:
            close()


def make_observers(spec: SyncSpec, secrets: Secrets) -> Observers:
    """Those that a Sync file asks for, and those that there always are.

    Raises:
        DesiredStateError: an address or header cannot be read, or used.
    """
    metrics = Metrics()
    readers = [_reader(told, secrets, index) for index, told in enumerate(spec.notifications)]
    tracing = _tracing(spec.tracing, secrets) if spec.tracing else None
    recorder = Recorder(lambda access: _journal(access, metrics))
    threads: list[Recorder | Tracing | Courier] = [recorder, *([tracing] if tracing else [])]
    threads += [Courier(reader, _now, metrics.notified) for reader in readers]
    return Observers(
        metrics,
        introduce=recorder.introduce,
        tells=(Log().tell, metrics.tell, *(thread.tell for thread in threads)),
        closing=tuple(thread.close for thread in threads),
    )


def _journal(access: ClusterAccess, metrics: Metrics) -> Journal:
    from reconciler.adapters.kube.events import KubeEvents  # noqa: PLC0415 - heavy, and there may be no cluster yet

    return KubeEvents(access, metrics.asked)


def _now() -> datetime:
    return datetime.now(UTC)


def _tracing(spec: TracingSpec, secrets: Secrets) -> Tracing:
    from reconciler.adapters.tracing import OtlpSpans  # noqa: PLC0415 - heavy, and few have a collector

    headers = {name: secrets(source, "tracing", "headers", name) for name, source in spec.headers.items()}
    try:
        return Tracing(OtlpSpans(spec.endpoint, headers), _now)
    except TransferError as error:
        raise DesiredStateError(f"`tracing.endpoint`: {error.message}", hint=error.hint) from error


def _reader(told: NotificationSpec, secrets: Secrets, index: int) -> Reader:
    from reconciler.adapters.posting import HttpPost  # noqa: PLC0415 - heavy, and not everybody tells people

    try:
        read = partial(secrets, told.url, "notifications", index, "url")
        post = HttpPost(Fresh(f"notifications[{index}]", read, time.monotonic))
    except TransferError as error:
        raise DesiredStateError(f"the URL of notifications[{index}]: {error.message}", hint=error.hint) from error
    subjects = frozenset(Subject(word) for word in told.tell)
    return Reader(told.kind, post, _CONTENTS[told.kind], subjects, tuple(told.environments), told.every)
