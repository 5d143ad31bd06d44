"""Clusters and their credentials."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from reconciler.desired.schema.identities import ImpersonateSpec
from reconciler.desired.schema.model import Model, exactly_one
from reconciler.desired.schema.sources import Source
from reconciler.model.desired import is_exposed


class KubeconfigSource(Model):
    """Where a cluster's credentials come from. Exactly one is given."""

    env: str | None = Field(
        None, description="A variable that holds the full content of a kubeconfig, as it stands or in base64."
    )
    file: str | None = Field(None, description="A kubeconfig file; `~` is the home folder, others are in the project.")
    in_cluster: bool | None = Field(None, description="true: the ServiceAccount of the pod that this runs in.")

    @model_validator(mode="after")
    def _one(self) -> KubeconfigSource:
        exactly_one(self, "env", "file", "in_cluster")
        if self.in_cluster is False:
            raise ValueError("`inCluster` takes true, or is left out")
        return self


def _server(url: str) -> str:
    if not url.startswith(("https://", "http://")):
        raise ValueError("has to be the https:// address of an API server")
    if is_exposed(url):
        raise ValueError("has to begin with https://, since all that is sent could be read; http is for this machine")
    return url


class ClusterSpec(Model):
    """A Kubernetes cluster: a `kubeconfig`, or a `server` with a `token`."""

    kubeconfig: KubeconfigSource | None = Field(None, description="Where its kubeconfig comes from.")
    context: str | None = Field(None, description="The context to use; default: the kubeconfig's current one.")
    plugins: list[str] = Field(
        default_factory=list,
        description="What its kubeconfig may run to log in: commands of `exec` and names of `auth-provider`, "
        "written as there. Everything else is refused.",
    )
    server: Annotated[str, AfterValidator(_server)] | None = Field(
        None, description="Without a kubeconfig: the address of the API server, `https://…`."
    )
    token: Source | None = Field(None, description="Where the token for `server` comes from.")
    ca: Source | None = Field(
        None, description="Where the certificate authority of `server` comes from, PEM; default: the system's."
    )

    impersonate: ImpersonateSpec | None = Field(
        None, description="As whom it is used; default: as the one who logs in, or as the kubeconfig says."
    )

    @model_validator(mode="after")
    def _one_way(self) -> ClusterSpec:
        exactly_one(self, "kubeconfig", "server")
        if self.server is not None and self.token is None:
            raise ValueError("`server` needs a `token`")
        if self.server is None and (self.token or self.ca):
            raise ValueError("`token` and `ca` go with `server`; a kubeconfig has its own")
        if self.server is not None and (self.context or self.plugins):
            raise ValueError("`context` and `plugins` go with a `kubeconfig`")
        return self
