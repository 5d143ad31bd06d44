"""The `policy` of an environment: what its plans may do."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, Strict, WithJsonSchema

from reconciler.desired.schema.durations import Limit
from reconciler.desired.schema.model import Model, NamespaceName
from reconciler.model.policy import Leave, Risk

_SHAPE = r"^(\S+:)?[^:/\s]+/[^/\s]+(/[^/\s]+)?$|^\*$"


def _pattern(text: str) -> str:
    if not re.match(_SHAPE, text):
        raise ValueError("KIND/NAMESPACE/NAME or KIND/NAME, such as configmap/shop/*; CLUSTER: may stand before it")
    return text


Pattern = Annotated[str, AfterValidator(_pattern), WithJsonSchema({"type": "string", "pattern": _SHAPE})]
_NAMES = "Names are KIND/NAMESPACE/NAME or KIND/NAME; * and ? are wildcards."


class PruneSpec(Model):
    """What is removed when the file no longer has it: releases, secrets and namespaces that carry its label."""

    enabled: bool = Field(default=True, description="false: what the file drops stays, and the plan says so.")
    max_count: int = Field(10, ge=0, description="How many releases, secrets and namespaces one apply may remove.")
    max_share: float = Field(
        0.5, ge=0, le=1, strict=False, description="Which part of all that the environment has one apply may remove."
    )
    protect: list[Pattern] = Field(default_factory=list, description=f"What is never removed. {_NAMES}")
    delete: list[Pattern] = Field(
        default_factory=list,
        description="The CustomResourceDefinitions and PersistentVolumeClaims that may go with what is removed; "
        f"no others do. And what else may be in a namespace that is removed. {_NAMES}",
    )


class LockSpec(Model):
    """The lock that keeps two runs on one environment apart: a Lease in each cluster."""

    enabled: bool = Field(default=True, description="false: nothing keeps two runs apart.")
    namespace: NamespaceName = Field("default", description="The namespace that the Lease is in.")
    duration: Limit = Field(15.0, description="How long a holder that gives no sign is waited for.")
    helm_timeout: Limit = Field(
        3600.0, description="How long an operation of a plain `helm`, which holds no lock, may be under way."
    )


class PolicySpec(Model):
    """What is allowed, what needs a flag, and what is never done."""

    # Strictly, only a member of an enumeration would be one; in a file there is only text.
    risks: dict[Annotated[Risk, Strict(strict=False)], Annotated[Leave, Strict(strict=False)]] = Field(
        default_factory=dict,
        description="Risk → allow (it is only shown), ask (`--allow RISK` is needed) or never.",
    )
    adopt: list[Pattern] = Field(
        default_factory=list, description=f"Objects without an owner that releases may take over. {_NAMES}"
    )
    prune: PruneSpec = Field(default_factory=PruneSpec, description="What is removed.")
    lock: LockSpec = Field(default_factory=LockSpec, description="The lock.")
