"""A saved plan as text, and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from reconciler.errors import SavedPlanError
from reconciler.model.cluster import ClusterIdentity
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.object_version import ObjectVersion
from reconciler.model.plan import Action
from reconciler.model.policy import Consent
from reconciler.model.saved import Asked, Origin, SavedPlan, SeenRelease, Snapshot, Step
from reconciler.model.seal import Seal, same
from reconciler.model.secret import SecretText
from reconciler.report.documents import ActionDocument, action_document
from reconciler.report.saved_documents import (
    AllowedDocument,
    AskedDocument,
    ClusterDocument,
    InputDocument,
    OriginDocument,
    ReferenceDocument,
    SavedActionDocument,
    SavedPlanDocument,
    SeenObjectDocument,
    SeenReleaseDocument,
    VersionDocument,
)
from reconciler.report.style import clean
from reconciler.report.target import target_of

_KIND, _VERSION = "Plan", 1


def saved_line(plan: SavedPlan) -> str:
    """Which plan it is, in one line."""
    origin = plan.origin
    return clean(
        f"plan {plan.id} of {origin.by}, made at {_time(origin.at)}, to be applied until {_time(origin.until)}"
    )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def step_of(action: Action) -> Step:
    """An action as it is saved."""
    return Step(action.target, action_document(action).model_dump(mode="json"))


def saved_text(plan: SavedPlan, seal: Seal) -> str:
    """The document of a plan, under its seal."""
    made = _document(plan, seal).model_dump(mode="json", exclude={"mac"})
    return json.dumps({**made, "mac": seal.mac(made)}, indent=2, ensure_ascii=False) + "\n"


def read_saved(text: str, shown: str, key: SecretText) -> tuple[SavedPlan, Seal]:
    """The plan in a document, after its seal was checked; `shown` is how messages name the file.

    Raises:
        SavedPlanError: it is none, of another version, made with another key, or not as it was made.
    """
    content = _parsed(text, shown)
    seal = _seal(content, shown, key)
    mac = content.pop("mac", None)
    if not isinstance(mac, str) or not same(mac, seal.mac(content)):
        raise SavedPlanError(f"{shown} is not as it was made: it was edited, or is not whole", hint=_FETCH)
    try:
        document = SavedPlanDocument.model_validate({**content, "mac": mac})
    except ValidationError as error:
        raise _no_plan(shown, f"{error.error_count()} parts of it are not as they should be") from None
    return _plan(document), seal


_FETCH = "take it from where it was saved, or save it anew with `reconcile plan --save`"


def _no_plan(shown: str, why: str) -> SavedPlanError:
    return SavedPlanError(f"{shown} is no saved plan: {why}", hint=_FETCH)


def _parsed(text: str, shown: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise _no_plan(shown, "it is no JSON") from None
    if not isinstance(content, dict) or content.get("kind") != _KIND:
        raise _no_plan(shown, 'its `kind` is not "Plan"; `plan -o json` prints another document')
    if content.get("version") != _VERSION:
        message = f"{shown} has version {json.dumps(content.get('version'))} of the format, and this reads {_VERSION}"
        raise SavedPlanError(message, hint="use the same version of reconciler for plan and apply")
    return content


def _seal(content: dict[str, Any], shown: str, key: SecretText) -> Seal:
    try:
        seal = Seal.of(key, bytes.fromhex(content["salt"]))
    except (KeyError, TypeError, ValueError):
        raise _no_plan(shown, "its `salt` is missing") from None
    if content.get("key") != seal.fingerprint:
        raise SavedPlanError(
            f"{shown} was made with another key than the one here",
            hint="give plan and apply the same key, by RECONCILE_PLAN_KEY or --key-file; "
            "without one, a plan can be applied only by the user and on the machine that made it",
        )
    return seal


def _document(plan: SavedPlan, seal: Seal) -> SavedPlanDocument:
    seen = plan.snapshot
    return SavedPlanDocument(
        kind="Plan",
        version=_VERSION,
        id=plan.id,
        environment=seen.environment,
        origin=_origin_document(plan.origin),
        asked=_asked_document(plan.asked),
        inputs=[InputDocument(path=path, digest=digest) for path, digest in sorted(seen.inputs.items())],
        references=[ReferenceDocument(name=name, digest=digest) for name, digest in sorted(seen.references.items())],
        clusters=[_cluster_document(name, cluster) for name, cluster in sorted(seen.clusters.items())],
        releases=[_release_document(key, release) for key, release in sorted(seen.releases.items())],
        objects=list(_object_documents(seen)),
        actions=[SavedActionDocument.model_validate({**step.content, "id": step.id}) for step in seen.steps],
        secrets=plan.secrets,
        salt=plan.salt.hex(),
        key=seal.fingerprint,
        mac="",
    )


def _origin_document(origin: Origin) -> OriginDocument:
    seconds = origin.lifetime.total_seconds()
    return OriginDocument(by=origin.by, at=origin.at, program=origin.program, lifetime=seconds)


def _asked_document(asked: Asked) -> AskedDocument:
    return AskedDocument(
        environment=asked.environment,
        only=list(asked.only),
        with_needs=asked.with_needs,
        break_lock=asked.break_lock,
        locked=asked.locked,
        allow=[AllowedDocument(risk=risk, name=name) for risk, name in asked.consent.risks],
        allow_recreate=list(asked.consent.recreate),
        allow_deletions=asked.consent.deletions,
    )


def _cluster_document(name: str, found: ClusterIdentity) -> ClusterDocument:
    return ClusterDocument(name=name, server=found.server, authority=found.authority, uid=found.uid)


def _release_document(identity: ReleaseId, found: SeenRelease) -> SeenReleaseDocument:
    return SeenReleaseDocument(
        cluster=identity.cluster,
        namespace=identity.namespace,
        name=identity.name,
        revision=found.revision,
        status=found.status,
        version=_version_document(found.version),
    )


def _object_documents(seen: Snapshot) -> Iterator[SeenObjectDocument]:
    for (cluster, identity), version in sorted(seen.objects.items(), key=lambda item: item[0]):
        yield SeenObjectDocument(
            cluster=cluster,
            api_version=identity.kind.api_version,
            kind=identity.kind.name,
            namespace=identity.namespace,
            name=identity.name,
            version=_version_document(version) if version else None,
        )


def _version_document(found: ObjectVersion) -> VersionDocument:
    return VersionDocument(
        uid=found.uid, resource_version=found.resource_version, writer=found.writer, content=found.content
    )


def _plan(document: SavedPlanDocument) -> SavedPlan:
    origin = document.origin
    return SavedPlan(
        Origin(origin.by, origin.at, origin.program, timedelta(seconds=origin.lifetime)),
        _asked(document.asked),
        _snapshot(document),
        bytes.fromhex(document.salt),
        document.secrets,
    )


def _asked(document: AskedDocument) -> Asked:
    risks = tuple((item.risk, item.name) for item in document.allow)
    consent = Consent(risks, tuple(document.allow_recreate), document.allow_deletions)
    return Asked(
        environment=document.environment,
        only=tuple(document.only),
        break_lock=document.break_lock,
        locked=document.locked,
        consent=consent,
        with_needs=document.with_needs,
    )


def _snapshot(document: SavedPlanDocument) -> Snapshot:
    return Snapshot(
        environment=document.environment,
        inputs={item.path: item.digest for item in document.inputs},
        references={item.name: item.digest for item in document.references},
        clusters={item.name: ClusterIdentity(item.server, item.authority, item.uid) for item in document.clusters},
        releases={
            ReleaseId(item.cluster, item.namespace, item.name): SeenRelease(
                item.revision, item.status, _version(item.version)
            )
            for item in document.releases
        },
        objects={
            (item.cluster, ObjectId(Kind(item.api_version, item.kind), item.namespace, item.name)): (
                _version(item.version) if item.version else None
            )
            for item in document.objects
        },
        steps=tuple(map(_step, document.actions)),
    )


def _version(document: VersionDocument) -> ObjectVersion:
    return ObjectVersion(document.uid, document.resource_version, document.writer, document.content)


def _step(document: SavedActionDocument) -> Step:
    return Step(target_of(document.target), ActionDocument.model_dump(document, mode="json", exclude={"id"}))
