"""How often something may be done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Allowance:
    """How many there may be: `burst` at once, and one more every `pause` seconds."""

    burst: float
    pause: float
    _spent: float = 0.0
    _at: float = 0.0

    def take(self, now: float) -> bool:
        """Whether one more is allowed at this time, in seconds by a steady clock."""
        self._spent = max(0.0, self._spent - (now - self._at) / self.pause)
        self._at = now
        if self._spent + 1 > self.burst:
            return False
        self._spent += 1
        return True
