"""As whom a cluster is used."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from reconciler.desired.schema.model import Model, exactly_one


def _header(text: str) -> str:
    if not text or text != text.strip() or not (text.isascii() and text.isprintable()):
        raise ValueError("has to be a name of printable ASCII characters, since it is sent in a header")
    return text


Subject = Annotated[str, AfterValidator(_header)]


class ImpersonateSpec(Model):
    """As whom a cluster is used: a `user` with its `groups`, or a `serviceAccount`."""

    user: Subject | None = Field(None, description="The user.")
    groups: list[Subject] = Field(default_factory=list, description="The groups of `user`.")
    service_account: Subject | None = Field(
        None,
        description="`NAME`, a ServiceAccount in the release's namespace; or `NAMESPACE/NAME`. "
        "Its groups are added by the API server.",
    )

    @model_validator(mode="after")
    def _one(self) -> ImpersonateSpec:
        exactly_one(self, "user", "service_account")
        if self.groups and self.user is None:
            raise ValueError("`groups` goes with `user`; a `serviceAccount` has its own")
        return self
