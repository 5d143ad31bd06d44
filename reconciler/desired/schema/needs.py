"""What an entry needs before it: a name, or a name with how long it may take to become ready."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from reconciler.desired.schema.durations import Ready
from reconciler.desired.schema.model import Model


class NeedSpec(Model):
    """Something that has to be in place first. A bare text is its `target`."""

    target: str = Field(
        description="A release by its key; `release/…`, `namespace/…` or `secret/…` with a key, or with the names in "
        "the cluster, such as `release/shop/*`; or `cluster/…` for all that is kept in a cluster."
    )
    ready: Ready | None = Field(
        None,
        description="How long a release may take to become healthy; 0 waits for ever, false does not look. "
        "Left out: its own `wait`, else 5m.",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"target": value}
        if isinstance(value, dict):
            return value
        raise ValueError("has to be a name, or a map with `target` and `ready`")


def _or_text(schema: dict[str, Any]) -> None:
    schema["items"] = {"anyOf": [{"type": "string"}, schema["items"]]}


Needs = Annotated[list[NeedSpec], Field(json_schema_extra=_or_text)]
