"""What all parts of the Environment file share: unknown keys are errors, names follow Kubernetes' rules."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

# Kubernetes' rules for names, from k8s.io/apimachinery/pkg/util/validation; a release's limit is Helm's.
LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_SUBDOMAIN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"

Name = Annotated[str, StringConstraints(pattern=_SUBDOMAIN, max_length=253)]
NamespaceName = Annotated[str, StringConstraints(pattern=LABEL, max_length=63)]
ReleaseName = Annotated[str, StringConstraints(pattern=_SUBDOMAIN, max_length=53)]


class Model(BaseModel):
    """What all parts share: unknown keys are errors, nothing is converted, nothing changes."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, alias_generator=to_camel, validate_by_name=False
    )


def exactly_one(model: BaseModel, *fields: str) -> None:
    """Raise ValueError unless exactly one of the fields has a value."""
    given = [field for field in fields if getattr(model, field) is not None]
    if len(given) != 1:
        names = ", ".join(f"`{to_camel(field)}`" for field in fields)
        raise ValueError(f"exactly one of {names} is needed, {len(given) or 'none'} given")
