"""What all documents share, and what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from reconciler.model.identity import AccountId, NamespaceId, ReleaseId, SecretId, Target

_Kind = Literal["namespace", "secret", "serviceaccount", "release"]
_KINDS: Mapping[type[SecretId | AccountId | ReleaseId], _Kind] = {
    SecretId: "secret",
    AccountId: "serviceaccount",
    ReleaseId: "release",
}


class Document(BaseModel):
    """What all documents share."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetDocument(Document):
    """What an action is about."""

    kind: _Kind = Field(description="What it is.")
    cluster: str = Field(description="The cluster, by its name in the environment.")
    namespace: str | None = Field(description="The namespace that it is in; null for a namespace itself.")
    name: str = Field(description="Its name.")


def target_document(target: Target) -> TargetDocument:
    """A target as a document."""
    if isinstance(target, NamespaceId):
        return TargetDocument(kind="namespace", cluster=target.cluster, namespace=None, name=target.name)
    return TargetDocument(
        kind=_KINDS[type(target)], cluster=target.cluster, namespace=target.namespace, name=target.name
    )


def target_of(document: TargetDocument) -> Target:
    """The target that a document names."""
    if document.namespace is None:
        return NamespaceId(document.cluster, document.name)
    made = {word: kind for kind, word in _KINDS.items()}[document.kind]
    return made(document.cluster, document.namespace, document.name)
