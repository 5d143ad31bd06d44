"""The Environment file as a whole."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from reconciler.desired.schema.clusters import ClusterSpec
from reconciler.desired.schema.model import LABEL, Model, Name, NamespaceName, ReleaseName
from reconciler.desired.schema.objects import NamespaceSpec, SecretSpec
from reconciler.desired.schema.policy import PolicySpec
from reconciler.desired.schema.releases import Defaults, ReleaseSpec
from reconciler.desired.schema.repositories import RepositorySpec


class EnvironmentSpec(Model):
    """The desired state of one environment: its clusters and all that is kept in them."""

    api_version: Literal["reconciler/v1"] = Field(description="The version of this file's shape.")
    kind: Literal["Environment"] = Field(description="What this file is.")
    name: Annotated[str, StringConstraints(pattern=LABEL, max_length=63)] = Field(
        description="Its name; marks what belongs to it in the clusters, so keep it for good."
    )
    extends: list[str] | str = Field(
        default_factory=list,
        description="Files that this one builds on: maps merge deeply, lists replace, null removes.",
    )
    defaults: Defaults = Field(default_factory=Defaults, description="What holds unless something else is said.")
    policy: PolicySpec = Field(default_factory=PolicySpec, description="What plans may do, and what guards the rest.")
    clusters: dict[str, ClusterSpec] = Field(description="The clusters, by a name of your own.")
    repositories: dict[str, RepositorySpec] = Field(default_factory=dict, description="Chart repositories.")
    namespaces: dict[NamespaceName, NamespaceSpec] = Field(default_factory=dict, description="Namespaces.")
    secrets: dict[Name, SecretSpec] = Field(default_factory=dict, description="Secrets.")
    releases: dict[ReleaseName, ReleaseSpec] = Field(default_factory=dict, description="Helm releases.")
