"""The pods that objects make: where each kind keeps their template, and how many there will be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.identity import ObjectId, ReleaseId
from reconciler.model.json import JsonMap, as_map, dig, number_at

# Kind → the path of its pod template; a Pod is its own. Kinds of other groups with the same names are none of these.
_TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}


@dataclass(frozen=True, slots=True)
class RenderedObject:
    """An object of a release, and which one it is."""

    release: ReleaseId
    id: ObjectId
    item: JsonMap = field(repr=False)


def pod_template(rendered: RenderedObject) -> JsonMap | None:
    """The template (metadata and spec) of the pods that an object makes; None when it makes none."""
    kind = rendered.id.kind
    path = _TEMPLATES.get((kind.group, kind.name))
    if path is None:
        return None
    return as_map(dig(rendered.item, *path))


def pod_spec(rendered: RenderedObject) -> JsonMap:
    """The spec of the pods that an object makes; empty when it makes none."""
    return as_map((pod_template(rendered) or {}).get("spec"))


def pod_count(rendered: RenderedObject, nodes: int) -> int:
    """How many pods an object makes at once; `nodes` is where those of a DaemonSet run. CronJobs make none by now."""
    item, kind = rendered.item, rendered.id.kind.name
    if pod_template(rendered) is None or kind == "CronJob":
        return 0
    if kind == "Pod":
        return 1
    if kind == "DaemonSet":
        return nodes
    if kind == "Job":
        parallel = number_at(item, "spec", "parallelism", default=1)
        return min(parallel, number_at(item, "spec", "completions", default=parallel))
    return number_at(item, "spec", "replicas", default=1)
