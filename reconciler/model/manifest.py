"""Objects as a chart renders them → objects as Helm applies them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

from reconciler.model.cluster import Resource, served_as
from reconciler.model.identity import Kind, ObjectId, ReleaseId
from reconciler.model.json import Json, JsonMap, as_map, dig, text_at

# What Helm adds to each object of a release: helm.sh/helm/v4/pkg/action/validate.go
MANAGED_BY_LABEL, MANAGED_BY = "app.kubernetes.io/managed-by", "Helm"
RELEASE_NAME, RELEASE_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
HELM_SELECTOR = f"{MANAGED_BY_LABEL}={MANAGED_BY}"
HOOK_ANNOTATION = "helm.sh/hook"
KEEP_ANNOTATION, KEEP = "helm.sh/resource-policy", "keep"


def kind_of(item: JsonMap) -> Kind:
    """The kind of an object."""
    return Kind(text_at(item, "apiVersion"), text_at(item, "kind"))


def id_of(item: JsonMap) -> ObjectId:
    """The identity of a live object."""
    return ObjectId(kind_of(item), text_at(item, "metadata", "namespace"), text_at(item, "metadata", "name"))


def objects_in(document: Json) -> list[JsonMap]:
    """The objects in a YAML document: itself, or the items of a List; none when it is no object."""
    if not isinstance(document, dict) or not document.get("kind"):
        return []
    items = document.get("items")
    if str(document["kind"]).endswith("List") and isinstance(items, list):
        return [item for item in items if isinstance(item, dict)]
    return [document]


def is_hook(item: JsonMap) -> bool:
    """Whether Helm runs it as a hook (or test) and does not keep it as a part of the release."""
    return bool(text_at(item, "metadata", "annotations", HOOK_ANNOTATION))


def is_kept(item: JsonMap) -> bool:
    """Whether Helm leaves it in place when the release no longer has it."""
    return text_at(item, "metadata", "annotations", KEEP_ANNOTATION) == KEEP


def goes_when_done(item: JsonMap) -> bool:
    """Whether it is a Job that the cluster removes once it is finished: that it is gone is no drift."""
    return item.get("kind") == "Job" and dig(item, "spec", "ttlSecondsAfterFinished") is not None


def owner(item: JsonMap) -> tuple[str, str] | None:
    """Namespace and name of the release that a live object belongs to, or None."""
    annotations = as_map(as_map(item.get("metadata")).get("annotations"))
    name = text_at(annotations, RELEASE_NAME)
    return (text_at(annotations, RELEASE_NAMESPACE), name) if name else None


def object_id(item: JsonMap, release: ReleaseId, resources: Mapping[Kind, Resource]) -> ObjectId:
    """The identity of a rendered object: without a namespace of its own it goes to the release's.

    A kind that the cluster does not serve yet is taken for one that lives in namespaces.
    """
    kind = kind_of(item)
    resource = served_as(kind, resources)
    namespaced = resource is None or resource.namespaced
    namespace = text_at(item, "metadata", "namespace") or release.namespace if namespaced else ""
    return ObjectId(kind, namespace, text_at(item, "metadata", "name"))


def identified(
    items: Iterable[JsonMap], release: ReleaseId, resources: Mapping[Kind, Resource]
) -> Mapping[ObjectId, JsonMap]:
    """Rendered objects by their identity; of several of one name the last, since Helm applies them in their order."""
    return {object_id(item, release, resources): item for item in items}


def placed_in(item: JsonMap, identity: ObjectId) -> JsonMap:
    """The object with its namespace."""
    place = {"namespace": identity.namespace} if identity.namespace else {}
    return {**item, "metadata": {**as_map(item.get("metadata")), **place}}


def as_applied(item: JsonMap, identity: ObjectId, release: ReleaseId) -> JsonMap:
    """The object with its namespace and the marks of ownership, as Helm sends it."""
    placed = placed_in(item, identity)
    metadata = as_map(placed["metadata"])
    labels = {**as_map(metadata.get("labels")), MANAGED_BY_LABEL: MANAGED_BY}
    owned = {RELEASE_NAME: release.name, RELEASE_NAMESPACE: release.namespace}
    annotations = {**as_map(metadata.get("annotations")), **owned}
    return {**placed, "metadata": {**metadata, "labels": labels, "annotations": annotations}}


def as_stored(item: JsonMap) -> JsonMap:
    """The object with `stringData` moved to `data`, as the server does for a Secret."""
    texts = item.get("stringData")
    if item.get("kind") != "Secret" or not isinstance(texts, dict):
        return item
    encoded: dict[str, Json] = {key: base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
    rest = {key: value for key, value in item.items() if key != "stringData"}
    return {**rest, "data": {**as_map(item.get("data")), **encoded}}
