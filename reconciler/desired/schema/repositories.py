"""Chart repositories."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from reconciler.desired.schema.model import Model
from reconciler.desired.schema.sources import Source


class RepositorySpec(Model):
    """A chart repository."""

    url: Annotated[str, StringConstraints(pattern=r"^(https?|oci)://[^/\s]+")] = Field(
        description="`https://…` of a folder with an index.yaml, or `oci://…`."
    )
    username: str | None = Field(None, description="The user, when it asks for one.")
    password: Source | None = Field(None, description="Where the password or token comes from.")
    ca_file: str | None = Field(None, description="A file with the certificate authority of its server.")
    plain_http: bool = Field(default=False, description="OCI without TLS, for a registry on this machine.")

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError as error:
            raise ValueError(f"is no address: {error}") from None
        if parts.query or parts.fragment:
            raise ValueError("is the address of a folder: no `?` and no `#` in it")
        return url

    @model_validator(mode="after")
    def _login(self) -> RepositorySpec:
        if (self.username is None) != (self.password is None):
            raise ValueError("`username` and `password` go together")
        if "@" in self.url.split("://")[1].split("/")[0]:
            raise ValueError("credentials do not go into `url`; use `username` and `password`")
        return self
