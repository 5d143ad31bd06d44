"""What is done about a release that fails."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reconciler.desired.schema.durations import Limit
from reconciler.desired.schema.model import Model


class FailureSpec(Model):
    """What is done about a release that fails: tried again while the reason may pass, then remedied."""

    retries: int | None = Field(
        None,
        ge=0,
        le=100,
        description="How often to try again, when the reason may pass: the server was busy, unreachable, a webhook did "
        "not answer. Default: 2.",
    )
    backoff: Limit | None = Field(
        None, description="How long to wait before the second try; each further one waits twice as long. Default: 2s."
    )
    max_backoff: Limit | None = Field(None, description="The longest wait between two tries. Default: 30s.")
    install: Literal["leave", "uninstall"] | None = Field(
        None, description="Of a first install that failed: leave it (default), or uninstall it."
    )
    upgrade: Literal["leave", "rollback"] | None = Field(
        None,
        description="Of a failed upgrade: leave it (default), or roll back to the newest deployed revision.",
    )
