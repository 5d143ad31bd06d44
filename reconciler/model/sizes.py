"""How much a Secret or ConfigMap can hold."""

from __future__ import annotations

# k8s.io/api/core/v1: MaxSecretSize, counted over the decoded values; a ConfigMap holds as much.
LIMIT = 1_048_576
SOON = LIMIT * 80 // 100


def kilobytes(size: int) -> str:
    """Bytes for people."""
    return f"{size / 1024:,.0f} KiB"
