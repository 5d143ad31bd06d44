"""Clusters and their credentials."""

from __future__ import annotations

from pydantic import Field, model_validator

from reconciler.desired.schema.model import Model, exactly_one


class KubeconfigSource(Model):
    """Where a cluster's credentials come from. Exactly one is given."""

    env: str | None = Field(None, description="An environment variable that holds the full content of a kubeconfig.")
    file: str | None = Field(None, description="A kubeconfig file; `~` is the home folder, others are in the project.")
    in_cluster: bool | None = Field(None, description="true: the ServiceAccount of the pod that this runs in.")

    @model_validator(mode="after")
    def _one(self) -> KubeconfigSource:
        exactly_one(self, "env", "file", "in_cluster")
        if self.in_cluster is False:
            raise ValueError("`inCluster` takes true, or is left out")
        return self


class ClusterSpec(Model):
    """A Kubernetes cluster."""

    kubeconfig: KubeconfigSource = Field(description="Where its kubeconfig comes from.")
    context: str | None = Field(None, description="The context to use; default: the kubeconfig's current one.")
