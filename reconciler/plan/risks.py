"""What changes of objects may cost, each by a rule of its own. Pure; whether it may be done is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.compare import differences
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap, as_map, dig, maps_at, number_at, text_at
from reconciler.model.observed import Obstacle, Preview
from reconciler.model.policy import Risk
from reconciler.model.sizes import LIMIT, SOON, kilobytes
from reconciler.plan.recreating import cost


@dataclass(frozen=True, slots=True)
class Hazard:
    """A risk that was found.

    Attributes:
        object: what bears it; None: the target itself.
        message: what happens, in words; not masked.
    """

    risk: Risk
    object: ObjectId | None
    message: str


def object_hazards(previews: Iterable[Preview]) -> Iterator[Hazard]:
    """What the change of each object may cost; nothing where none changes."""
    for preview in previews:
        for risk, rule in _RULES if _changes(preview) else ():
            said = rule(preview)
            if said:
                yield Hazard(risk, preview.id, said)


def _changes(preview: Preview) -> bool:
    before, after = preview.before, preview.after
    return before is None or after is None or bool(preview.obstacles) or bool(differences(before, after))


def holds_data(kind: Kind) -> bool:
    """Whether objects of this kind hold data, or the definition of data."""
    return (kind.group, kind.name) in _DATA


def data_lost(kind: Kind, item: JsonMap) -> str | None:
    """What goes for good with an object of this kind when it is deleted; None where nothing does."""
    lost = _DATA.get((kind.group, kind.name))
    if lost:
        return lost.format(kind=text_at(item, "spec", "names", "kind"))
    if kind.name == "StatefulSet" and text_at(item, "spec", *_RETENTION, "whenDeleted") == "Delete":
        return "its volume claims go with it, and what is in them (persistentVolumeClaimRetentionPolicy)"
    return None


_RETENTION = ("persistentVolumeClaimRetentionPolicy",)
_DATA: Mapping[tuple[str, str], str] = {
    ("", "PersistentVolumeClaim"): "what is in its volume goes with it, unless the volume is retained",
    ("", "PersistentVolume"): "what is in it may go with it",
    ("", "Namespace"): "all that is in it goes with it",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "every {kind} of the cluster goes with it",
}


def _restarts_pods(preview: Preview) -> str | None:
    if preview.before is None or preview.after is None or Obstacle.IMMUTABLE in preview.obstacles:
        return None
    after, name = preview.after, preview.id.kind.name
    if name not in _WORKLOADS or not _replaces_pods(preview.before, after):
        return None
    if name == "DaemonSet":
        return "one on each node"
    pods = number_at(after, "spec", "replicas", default=1)
    how = "all at once" if text_at(after, "spec", "strategy", "type") == "Recreate" else "a few at a time"
    return f"{_count(pods, 'pod')}, {how}" if pods else None


_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")


def _replaces_pods(before: JsonMap, after: JsonMap) -> bool:
    """Whether the pods' template changes, and the controller acts on it by itself."""
    waits = dig(after, "spec", "paused") is True or text_at(after, "spec", "updateStrategy", "type") == "OnDelete"
    return not waits and any(found.path[:2] == ("spec", "template") for found in differences(before, after))


def _scales_to_zero(preview: Preview) -> str | None:
    """Also of what an autoscaler scales: it leaves alone what is at zero."""
    if preview.before is None or preview.after is None:
        return None
    pods = number_at(preview.before, "spec", "replicas")
    return f"from {_count(pods, 'pod')}" if pods > 0 and dig(preview.after, "spec", "replicas") == 0 else None


def _deletes_data(preview: Preview) -> str | None:
    if preview.before is None:
        return None
    if preview.desired is None or Obstacle.IMMUTABLE in preview.obstacles:
        return data_lost(preview.id.kind, preview.before)
    return _claims_dropped(preview.before, preview.after or {}) if preview.id.kind.name == "StatefulSet" else None


def _claims_dropped(before: JsonMap, after: JsonMap) -> str | None:
    """The claims of pods that a StatefulSet has no longer, where it is to delete them."""
    gone = number_at(before, "spec", "replicas") - number_at(after, "spec", "replicas", default=1)
    if gone <= 0 or text_at(after, "spec", *_RETENTION, "whenScaled") != "Delete" or not _has_claims(after):
        return None
    return f"the volume claims of {_count(gone, 'pod')} go with the pods (persistentVolumeClaimRetentionPolicy)"


def _has_claims(item: JsonMap) -> bool:
    return bool(maps_at(item, "spec", "volumeClaimTemplates"))


def _drops_crd_version(preview: Preview) -> str | None:
    wanted = preview.after or preview.desired
    if preview.id.kind.name != "CustomResourceDefinition" or preview.before is None or wanted is None:
        return None
    dropped = sorted(_served(preview.before) - _served(wanted))
    if not dropped:
        return None
    stored = dig(preview.before, "status", "storedVersions")
    kept = [version for version in dropped if isinstance(stored, list) and version in stored]
    told = f"no longer serves {', '.join(dropped)}"
    return f"{told}; objects may still be stored as {', '.join(kept)}" if kept else told


def _served(definition: JsonMap) -> set[str]:
    versions = maps_at(definition, "spec", "versions")
    return {text_at(version, "name") for version in versions if version.get("served") is True}


def _takes_ownership(preview: Preview) -> str | None:
    return "belongs to no release yet" if Obstacle.UNOWNED in preview.obstacles else None


def _must_recreate(preview: Preview) -> str | None:
    if Obstacle.IMMUTABLE not in preview.obstacles or preview.before is None or preview.desired is None:
        return None
    return cost(preview.id.kind, preview.before, preview.desired)


def _near_size_limit(preview: Preview) -> str | None:
    item = preview.after
    if item is None or preview.id.kind.name not in ("Secret", "ConfigMap") or preview.id.kind.group:
        return None
    size = _decoded(item, "data", encoded=preview.id.kind.name == "Secret") + _decoded(item, "binaryData", encoded=True)
    return f"holds {kilobytes(size)} of at most {kilobytes(LIMIT)}" if size > SOON else None


def _decoded(item: JsonMap, field: str, *, encoded: bool) -> int:
    texts = [text for text in as_map(item.get(field)).values() if isinstance(text, str)]
    return sum(len(text) * 3 // 4 if encoded else len(text.encode()) for text in texts)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


_RULES: tuple[tuple[Risk, Callable[[Preview], str | None]], ...] = (
    (Risk.DELETES_DATA, _deletes_data),
    (Risk.MUST_RECREATE, _must_recreate),
    (Risk.TAKES_OWNERSHIP, _takes_ownership),
    (Risk.DROPS_CRD_VERSION, _drops_crd_version),
    (Risk.SCALES_TO_ZERO, _scales_to_zero),
    (Risk.RESTARTS_PODS, _restarts_pods),
    (Risk.NEAR_SIZE_LIMIT, _near_size_limit),
)
