"""The document of a saved plan; its schema in schemas/ is made from these models."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from reconciler.model.observed import ReleaseStatus
from reconciler.model.policy import Risk
from reconciler.report.documents import ActionDocument
from reconciler.report.target import Document


class OriginDocument(Document):
    """Who made a plan, and until when it may be applied."""

    by: str = Field(description="Who made it.")
    at: AwareDatetime = Field(description="When it was made.")
    program: str = Field(description="The version of reconciler that made it.")
    lifetime: float = Field(gt=0, description="For how many seconds from then on it may be applied.")


class AllowedDocument(Document):
    """A risk that was allowed on the command line."""

    risk: Risk = Field(description="Its name in `policy.risks`.")
    name: str = Field(description="For what; * for all.")


class AskedDocument(Document):
    """What the plan was asked for, on the command line."""

    environment: str = Field(description="The environment file, as it is called in the project.")
    only: list[str] = Field(description="Selectors; none means all.")
    with_needs: bool = Field(description="Whether what is selected brings what it needs.")
    break_lock: bool = Field(description="Whether operations in progress were to be taken for dead.")
    locked: bool = Field(description="Whether charts from repositories had to be in the lock file.")
    allow: list[AllowedDocument] = Field(description="What was allowed this once.")
    allow_recreate: list[str] = Field(description="Which objects might be deleted and made anew.")
    allow_deletions: int | None = Field(description="How many targets might be removed; null: as the policy says.")


class ClusterDocument(Document):
    """Which cluster it is."""

    name: str = Field(description="Its name in the environment.")
    server: str = Field(description="The URL of its API server.")
    authority: str | None = Field(description="sha256 of its certificate authority; null: the system's are trusted.")
    uid: str | None = Field(description="The uid of its namespace kube-system; null where it may not be read.")


class InputDocument(Document):
    """A file that the plan was made from."""

    path: str = Field(description="What it is called in the project.")
    digest: str = Field(description="Of its text, under the key of the plan.")


class ReferenceDocument(Document):
    """A reference to a secret that the plan was made from."""

    name: str = Field(description="Such as env DB_PASSWORD.")
    digest: str = Field(description="Of what it held, under the key of the plan.")


class VersionDocument(Document):
    """Which state of a live object was looked at."""

    uid: str = Field(description="Its uid.")
    resource_version: str = Field(description="Its resourceVersion.")
    writer: str | None = Field(description="Who wrote it last, and when.")
    content: str | None = Field(
        description="Digest of all but its status, under the key of the plan; null: any new resourceVersion counts."
    )


class SeenReleaseDocument(Document):
    """A release as it was found."""

    cluster: str = Field(description="The cluster, by its name in the environment.")
    namespace: str = Field(description="Its namespace.")
    name: str = Field(description="Its name.")
    revision: int = Field(description="Its newest revision.")
    status: ReleaseStatus = Field(description="Helm's word for that revision.")
    version: VersionDocument = Field(description="That of the Secret that Helm keeps it in.")


class SeenObjectDocument(Document):
    """An object that the plan touches, as it was found."""

    cluster: str = Field(description="The cluster, by its name in the environment.")
    api_version: str = Field(description="Its apiVersion.")
    kind: str = Field(description="Its kind.")
    namespace: str = Field(description="Its namespace; empty for cluster-scoped kinds.")
    name: str = Field(description="Its name.")
    version: VersionDocument | None = Field(description="null: there was none.")


class SavedActionDocument(ActionDocument):
    """One step, as in the document of a plan."""

    id: str = Field(description="From its content: two actions with the same id do the same.")


class SavedPlanDocument(Document):
    """What `reconcile plan --save` writes. Nothing in it is secret, but for what is encrypted."""

    kind: Literal["Plan"] = Field(description="What this document is.")
    version: Literal[1] = Field(description="The version of its format.")
    id: str = Field(description="From its content; it is told when the plan is saved and when it is applied.")
    environment: str = Field(description="The environment's name.")
    origin: OriginDocument = Field(description="Who made it, and when.")
    asked: AskedDocument = Field(description="What it was asked for.")
    inputs: list[InputDocument] = Field(description="The files that it was made from.")
    references: list[ReferenceDocument] = Field(description="The references that it was made from.")
    clusters: list[ClusterDocument] = Field(description="The clusters that it is for.")
    releases: list[SeenReleaseDocument] = Field(description="The releases that were found.")
    objects: list[SeenObjectDocument] = Field(description="The objects that it touches.")
    actions: list[SavedActionDocument] = Field(description="The steps, in order; their needs are the graph.")
    secrets: str | None = Field(description="What the references held, encrypted with age; null: they are read again.")
    salt: str = Field(pattern="^[0-9a-f]{32}$", description="Of this plan alone, in hex: part of all its digests.")
    key: str = Field(description="Fingerprint of the key of its digests.")
    mac: str = Field(description="Digest of all the rest, under that key.")
