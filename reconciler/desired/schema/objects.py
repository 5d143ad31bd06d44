"""Namespaces and secrets: the objects that an environment keeps itself."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.desired.schema.model import Model, Name, NamespaceName
from reconciler.desired.schema.needs import Needs
from reconciler.desired.schema.registries import DockerConfigSource, RegistryLogin
from reconciler.desired.schema.sources import Source
from reconciler.model.attachment import DEFAULT_ACCOUNT


def _accounts(value: Any) -> Any:
    if isinstance(value, bool):
        return [DEFAULT_ACCOUNT] if value else []
    if isinstance(value, list):
        return value
    raise ValueError("has to be true, or a list of ServiceAccounts")


Accounts = Annotated[
    list[Name],
    BeforeValidator(_accounts),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "array", "items": {"type": "string"}}]}),
]


class NamespaceSpec(Model):
    """A namespace; its key is its name, unless `name` says otherwise."""

    name: NamespaceName | None = Field(None, description="Its name in the cluster; default: the key.")
    cluster: str | None = Field(None, description="Its cluster; default: the environment's default one.")
    manage: bool = Field(default=True, description="false: it exists already; it is not created and not changed.")
    labels: dict[str, str] = Field(default_factory=dict, description="Labels to keep on it.")
    annotations: dict[str, str] = Field(default_factory=dict, description="Annotations to keep on it.")
    pull_secrets: list[str] = Field(default_factory=list, description="dockerconfigjson secrets to keep in it.")
    attach_pull_secrets: Accounts = Field(
        default_factory=list,
        description="true: pods that name no pull secret are given `pullSecrets`, by the ServiceAccount `default`; "
        "or the names of the ServiceAccounts to attach them to.",
    )
    needs: Needs = Field(default_factory=list, description="What has to be in place, and healthy, before it.")

    @model_validator(mode="after")
    def _needs_are_ours(self) -> NamespaceSpec:
        if self.needs and not self.manage:
            raise ValueError("`manage: false` leaves it to others, so it cannot come after what it `needs`")
        return self


class SecretSpec(Model):
    """A Secret; its key is its name, unless `name` says otherwise. Its values are references, never text."""

    type: str = Field(
        description="`Opaque`, `dockerconfigjson`, `kubernetes.io/tls`, or any other type that Kubernetes knows."
    )
    name: Name | None = Field(None, description="Its name in the cluster; default: the key.")
    cluster: str | None = Field(None, description="Its cluster; default: the environment's default one.")
    namespaces: list[str] = Field(default_factory=list, description="The namespaces to keep it in.")
    registries: dict[str, RegistryLogin] = Field(
        default_factory=dict, description="For dockerconfigjson: host → login."
    )
    docker_config: DockerConfigSource | None = Field(
        None, description="For dockerconfigjson: logins of an existing config.json; those under `registries` win."
    )
    data: dict[str, Source] = Field(default_factory=dict, description="For every other type: key → source.")
    needs: Needs = Field(default_factory=list, description="What has to be in place, and healthy, before it.")

    @model_validator(mode="after")
    def _content(self) -> SecretSpec:
        docker, logins = self.type == "dockerconfigjson", bool(self.registries or self.docker_config)
        if docker and (self.data or not logins):
            raise ValueError("a dockerconfigjson secret has `registries` or `dockerConfig`, and no `data`")
        if not docker and logins:
            raise ValueError("`registries` and `dockerConfig` go with type dockerconfigjson, others have `data`")
        return self
