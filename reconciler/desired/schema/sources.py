"""References: where texts that never stand in the file come from."""

from __future__ import annotations

from pydantic import Field, model_validator

from reconciler.desired.schema.model import Model, exactly_one


class Source(Model):
    """Where a text comes from. Exactly one of `env`, `file` and `sops` is given; the text never stands in the file."""

    env: str | None = Field(None, description="An environment variable.")
    file: str | None = Field(None, description="A file; one line end at its end is dropped.")
    sops: str | None = Field(None, description="A file encrypted with SOPS (YAML, JSON, dotenv); needs `key`.")
    key: str | None = Field(None, description="Dotted path of the text inside the SOPS file.")

    @model_validator(mode="after")
    def _one(self) -> Source:
        exactly_one(self, "env", "file", "sops")
        if (self.sops is None) != (self.key is None):
            raise ValueError("`sops` and `key` go together")
        return self


class ValueSource(Model):
    """Where a single value of a release comes from: an `env`, `file`, `sops` source, or a `secret` of this file."""

    env: str | None = Field(None, description="An environment variable.")
    file: str | None = Field(None, description="A file; one line end at its end is dropped.")
    sops: str | None = Field(None, description="A file encrypted with SOPS; needs `key`.")
    secret: str | None = Field(None, description="A secret of this environment; needs `key`.")
    key: str | None = Field(None, description="The key inside the secret, or the dotted path inside the SOPS file.")
    sensitive: bool = Field(
        default=True, description="false: the value may be shown in plans and logs, such as an image tag."
    )

    @model_validator(mode="after")
    def _one(self) -> ValueSource:
        exactly_one(self, "env", "file", "sops", "secret")
        if (self.sops is None and self.secret is None) != (self.key is None):
            raise ValueError("`key` goes together with `sops` or `secret`")
        if self.secret is not None and not self.sensitive:
            raise ValueError("a value from a `secret` is always sensitive")
        return self
