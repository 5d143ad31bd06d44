"""The lock file of an environment: which published chart each range of versions stands for."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from reconciler.desired.schema.model import Model
from reconciler.desired.schema.releases import VersionText
from reconciler.model.versions import VersionRange, parse_version

_DIGEST = r"^sha256:[0-9a-f]{64}$"


def _digest(value: str) -> str:
    if not re.fullmatch(_DIGEST, value):
        raise ValueError("`sha256:` and 64 hexadecimal digits")
    return value


def _published(value: str) -> str:
    if parse_version(value) is None:
        raise ValueError(f"{value!r} is no version")
    return value


class LockedChart(Model):
    """One chart of a repository, and the version of it that is used."""

    repository: str = Field(description="The URL that the chart is found below.")
    chart: str = Field(description="Its name there.")
    range: VersionText = Field(description="The version or range as the environment writes it; `*` where it says none.")
    version: Annotated[str, AfterValidator(_published)] = Field(description="The version that is used.")
    digest: Annotated[str, AfterValidator(_digest), WithJsonSchema({"type": "string", "pattern": _DIGEST})] = Field(
        description="Of the archive that was published; another one under the same version is refused."
    )

    @model_validator(mode="after")
    def _fits(self) -> LockedChart:
        if not VersionRange.parse(self.range).allows(self.version):
            raise ValueError(f"the version {self.version} is not in the range {self.range}")
        return self


class LockSpec(Model):
    """The lock file of an environment, `NAME.lock` beside `NAME.yaml`. `reconcile update` writes it."""

    api_version: Literal["reconciler/v1"] = Field(description="The version of this file's shape.")
    kind: Literal["Lock"] = Field(description="What this file is.")
    charts: list[LockedChart] = Field(description="Every chart that comes from a repository or registry.")
