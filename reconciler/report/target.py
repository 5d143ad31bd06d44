"""What all documents share, and what they are about."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from reconciler.model.identity import NamespaceId, SecretId, Target


class Document(BaseModel):
    """What all documents share."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetDocument(Document):
    """What an action is about."""

    kind: Literal["namespace", "secret", "release"] = Field(description="What it is.")
    cluster: str = Field(description="The cluster, by its name in the environment.")
    namespace: str | None = Field(description="The namespace that it is in; null for a namespace itself.")
    name: str = Field(description="Its name.")


def target_document(target: Target) -> TargetDocument:
    """A target as a document."""
    if isinstance(target, NamespaceId):
        return TargetDocument(kind="namespace", cluster=target.cluster, namespace=None, name=target.name)
    kind: Literal["secret", "release"] = "secret" if isinstance(target, SecretId) else "release"
    return TargetDocument(kind=kind, cluster=target.cluster, namespace=target.namespace, name=target.name)
