"""The trace of a run: its number, which logs name too."""

from __future__ import annotations

import hashlib

# Hex digits: https://www.w3.org/TR/trace-context/#trace-id
_LENGTH = 32


def trace_id(run: str) -> str:
    """The trace of a run, from the run's own number: whoever knows the one finds the other."""
    return hashlib.sha256(f"reconciler run {run}".encode()).hexdigest()[:_LENGTH]
