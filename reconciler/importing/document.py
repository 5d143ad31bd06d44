"""The environment file that an import writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.desired.check import check
from reconciler.desired.documents import MapNode, parse
from reconciler.desired.problems import Problems
from reconciler.importing.origins import UNKNOWN, Origins, at_origins
from reconciler.model.json import Json, JsonMap, as_map
from reconciler.yaml.write import dump

# What Kubernetes and kubectl write themselves.
_NOT_A_USERS = frozenset({"kubernetes.io/metadata.name", "kubectl.kubernetes.io/last-applied-configuration"})
_OUR_PREFIX = "reconciler/"

CLUSTER_REMARKS = (
    "Made by `reconcile import cluster` of what was live.",
    "Namespaces with `manage: false` stay as they are; without it, this file keeps their labels and annotations.",
)

HELMFILE_REMARKS = (
    "Made by `reconcile import helmfile`.",
    "Values stay in their files: what they hold is read from there.",
)


def head(name: str, clusters: JsonMap, repositories: JsonMap) -> JsonMap:
    """The beginning of a file: what is needed to look at the clusters."""
    found: dict[str, Json] = {
        "apiVersion": "reconciler/v1",
        "kind": "Environment",
        "name": name,
        "clusters": clusters,
    }
    return {**found, **_unless_empty({"repositories": repositories})}


def environment_text(document: JsonMap, path: str, remarks: Iterable[str], origins: Origins = UNKNOWN) -> str:
    """The file: remarks as comments, each section apart, and valid by the schema.

    Raises:
        DesiredStateErrors: it is not valid, with the places that its entries come from, or would have.
    """
    # A key that Helm or Kubernetes allows, and a file does not, has to be known before anything is written.
    parts = ["".join(f"# {line}\n" for line in remarks), *_sections(document)]
    text = "\n".join(filter(None, parts))
    root = parse(text, path)
    problems = Problems()
    if isinstance(root, MapNode):
        check(at_origins(root, origins), problems)
    problems.raise_all()
    return text


def _sections(document: JsonMap) -> Sequence[str]:
    plain = {key: value for key, value in document.items() if not isinstance(value, Mapping)}
    return [dump(plain), *(dump({key: value}) for key, value in document.items() if isinstance(value, Mapping))]


def namespace_entry(live: JsonMap, pull_secrets: Sequence[str]) -> JsonMap:
    """A namespace that stays as it is; its labels and annotations stand ready for whoever takes it over."""
    metadata = as_map(live.get("metadata"))
    marks = {key: _users(metadata.get(key)) for key in ("labels", "annotations")}
    return {"manage": False, **_unless_empty({**marks, "pullSecrets": list(pull_secrets)})}


def _users(marks: Json) -> JsonMap:
    kept = as_map(marks)
    return {key: kept[key] for key in kept if key not in _NOT_A_USERS and not key.startswith(_OUR_PREFIX)}


def _unless_empty(entries: JsonMap) -> dict[str, Json]:
    return {key: value for key, value in entries.items() if value}
