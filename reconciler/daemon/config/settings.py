"""What the Sync file says now: of what may be otherwise while the daemon runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from reconciler.daemon.config.load import SyncFile
from reconciler.daemon.config.sync_file import KeepSpec, SyncSpec
from reconciler.daemon.timing import Polling
from reconciler.errors import DesiredStateError, DesiredStateErrors

T = TypeVar("T")

_LOGGER = logging.getLogger("reconciler.settings")
# Seconds: a request costs no look at the disk, and who replaces a credential waits a moment before ending the old one.
AGE = 10.0
# What is asked for each time that it is needed.
_LIVE = frozenset({"poll", "defaults", "environments"})


class Fresh(Generic[T]):
    """What references hold, such as a token's file: read again when it is asked for, and `AGE` seconds have passed.

    What cannot be read later on stays as it was, and the log says so.

    Args:
        name: of it, for the log.
        read: raises DesiredStateError when it cannot be read; at first, so does making this.
        ticks: seconds, by a steady clock.
    """

    def __init__(self, name: str, read: Callable[[], T], ticks: Callable[[], float]) -> None:
        self._name, self._read, self._ticks = name, read, ticks
        self._lock = threading.Lock()
        self._at, self._held = ticks(), read()
        self._trouble = ""

    def __call__(self) -> T:
        """What they hold; from any thread."""
        with self._lock:
            if self._ticks() - self._at >= AGE:
                self._renew()
            return self._held

    def _renew(self) -> None:
        self._at = self._ticks()
        try:
            self._held, trouble = self._read(), ""
        except DesiredStateError as error:
            trouble = str(error)
        if trouble and trouble != self._trouble:
            facts = {"of": self._name, "message": trouble}
            _LOGGER.warning("a credential cannot be read anew, and stays as it was", extra={"facts": facts})
        self._trouble = trouble


class Settings:
    """How environments are kept and how often the source is asked, as the Sync file says now.

    Args:
        read: reads the file once more. Raises DesiredStateErrors: it is not valid.
    """

    def __init__(self, spec: SyncSpec, read: Callable[[], SyncFile]) -> None:
        self._spec, self._read = spec, read

    def keep(self, name: str) -> KeepSpec:
        """How the environment of this name is kept."""
        override = self._spec.environments.get(name)
        said = {field: getattr(override, field) for field in override.model_fields_set} if override else {}
        return self._spec.defaults.model_copy(
            update={field: value for field, value in said.items() if value is not None}
        )

    @property
    def named(self) -> frozenset[str]:
        """The environments that something is said about by name."""
        return frozenset(self._spec.environments)

    def polling(self) -> Polling:
        """How often the source is asked."""
        return Polling(self._spec.poll)

    def read_anew(self) -> None:
        """Have the file hold as it is now, as far as that goes without a restart; the log tells the rest.

        One that is not valid changes nothing.
        """
        try:
            spec = self._read().spec
        except DesiredStateErrors as error:
            _LOGGER.error(  # noqa: TRY400 (a mistake in a file has no use for a traceback)
                "the Sync file is not valid, and holds as it was",
                extra={"facts": {"errors": [str(item) for item in error.errors]}},
            )
            return
        if frozen := _frozen(self._spec, spec):
            _LOGGER.warning("the Sync file asks for what needs a restart", extra={"facts": {"keys": frozen}})
        self._spec = self._spec.model_copy(update={name: getattr(spec, name) for name in _LIVE})
        _LOGGER.info("the Sync file was read anew")


def _frozen(before: SyncSpec, after: SyncSpec) -> list[str]:
    """The keys that are otherwise, and cannot be so before a restart."""
    names = SyncSpec.model_fields.keys() - _LIVE
    return sorted(name for name in names if getattr(before, name) != getattr(after, name))
