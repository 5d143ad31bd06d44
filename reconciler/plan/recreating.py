"""What comes before a target is written, and what it costs to make an object anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.cluster import Cascade
from reconciler.model.identity import Kind, ReleaseId, Target
from reconciler.model.json import JsonMap, dig, text_at
from reconciler.model.observed import Obstacle, Preview
from reconciler.model.preparation import Adoption, Definition, Preparation, Recreation


def preparations(previews: Iterable[Preview], target: Target) -> Iterator[Preparation]:
    """What is done before a target is written: definitions are made, and what is done to objects that leave was given
    for."""
    for preview in previews:
        if preview.is_ahead and preview.desired is not None:
            yield Definition(preview.id, preview.desired)
        if preview.before is None or preview.refusal:
            continue
        uid = text_at(preview.before, "metadata", "uid")
        if Obstacle.IMMUTABLE in preview.obstacles:
            yield Recreation(preview.id, uid, cascade(preview.id.kind, preview.before, preview.desired or {}))
        elif Obstacle.UNOWNED in preview.obstacles and isinstance(target, ReleaseId):
            yield Adoption(preview.id, uid, target)


def cascade(kind: Kind, before: JsonMap, desired: JsonMap) -> Cascade:
    """What becomes of what the object owns.

    The pods of a StatefulSet that selects the same ones stay and are taken over by the new one. All else goes first:
    two generations of pods or jobs side by side are what nobody has asked for.
    """
    return Cascade.ORPHAN if _keeps_pods(kind, before, desired) else Cascade.FOREGROUND


def cost(kind: Kind, before: JsonMap, desired: JsonMap) -> str:
    """What it costs to make the object anew, in words."""
    if _keeps_pods(kind, before, desired):
        return "it is deleted and made anew; its pods and their volume claims stay"
    return f"it is deleted and made anew{_COSTS.get(kind.name, '')}"


_COSTS: Mapping[str, str] = {
    "Deployment": "; its pods end before new ones start",
    "StatefulSet": "; its pods end before new ones start, their volume claims stay",
    "DaemonSet": "; its pods end before new ones start",
    "Job": ", so it runs again",
    "Service": "; its cluster IP and the address of a load balancer may change",
}


def _keeps_pods(kind: Kind, before: JsonMap, desired: JsonMap) -> bool:
    return kind.name == "StatefulSet" and dig(before, "spec", "selector") == dig(desired, "spec", "selector")
