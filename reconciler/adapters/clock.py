"""The clocks of this machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Implements `reconciler.model.lease.Clock`."""

    def now(self) -> datetime:
        """See Clock."""
        return datetime.now(UTC)

    def ticks(self) -> float:
        """See Clock. Where the system can tell, the time that it slept counts too: a laptop's lid may be closed."""
        if hasattr(time, "CLOCK_BOOTTIME"):
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """See Clock."""
        time.sleep(seconds)
