"""Logins at container registries."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from reconciler.desired.schema.model import Model, exactly_one
from reconciler.desired.schema.sources import Source


def _helper(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise ValueError("has to be the NAME of a program docker-credential-NAME: lower-case letters, digits, - and _")
    return name


Helper = Annotated[str, AfterValidator(_helper)]


class RegistryLogin(Model):
    """A login at a container registry: a `username` and its `password`, or a `helper`."""

    username: str | None = Field(None, description="The user.")
    password: Source | None = Field(None, description="Where the password or token comes from.")
    helper: Helper | None = Field(
        None, description="NAME of a program `docker-credential-NAME`, which is asked for the login."
    )

    @model_validator(mode="after")
    def _one_way(self) -> RegistryLogin:
        exactly_one(self, "username", "helper")
        if (self.username is None) != (self.password is None):
            raise ValueError("`username` and `password` go together")
        return self


class DockerConfigSource(Model):
    """An existing config.json of Docker. Exactly one of `env` and `file` is given."""

    env: str | None = Field(None, description="A variable that holds its content.")
    file: str | None = Field(None, description="A file, such as `~/.docker/config.json`; `~` is the home folder.")
    hosts: list[str] = Field(default_factory=list, description="The registries to take from it; default: all.")
    helpers: list[Helper] = Field(
        default_factory=list,
        description="The credential helpers (`credsStore`, `credHelpers`) that it may have run; no others are.",
    )

    @model_validator(mode="after")
    def _one(self) -> DockerConfigSource:
        exactly_one(self, "env", "file")
        return self
