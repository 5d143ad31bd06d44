"""What is done when releases fail: each key by itself, from the release, the defaults, or as it always is."""

from __future__ import annotations

from typing import Any

from reconciler.desired.schema.failure import FailureSpec
from reconciler.model.failure import DEFAULT_ON_FAILURE, OnFailure, Remedy, Retry


def on_failure(own: FailureSpec | None, defaults: FailureSpec | None) -> OnFailure:
    """The release's policy."""
    told: dict[str, Any] = {}
    for spec in (defaults, own):
        told |= spec.model_dump(exclude_none=True) if spec else {}
    standard = DEFAULT_ON_FAILURE.retry
    retry = Retry(
        told.get("retries", standard.times),
        told.get("backoff", standard.backoff),
        told.get("max_backoff", standard.cap),
    )
    return OnFailure(retry, Remedy(told.get("install", Remedy.LEAVE)), Remedy(told.get("upgrade", Remedy.LEAVE)))
