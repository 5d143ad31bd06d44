"""What took how long, as traces tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Span:
    """One thing that took its time.

    Attributes:
        attributes: by OpenTelemetry's semantic conventions where there are any.
        failure: why it failed, masked; None: it did not.
    """

    name: str
    begin: datetime
    seconds: float
    attributes: Mapping[str, str | int] = field(default_factory=dict)
    failure: str | None = None
    children: tuple[Span, ...] = ()


class Spans(Protocol):
    """Where traces are sent."""

    def write(self, trace: str, root: Span) -> None:
        """Send a trace by and by; what cannot be sent is lost, and nobody waits for it.

        Args:
            trace: its 32 hex digits.
        """
        ...

    def close(self) -> None:
        """Send what waits, if that goes within seconds."""
        ...
