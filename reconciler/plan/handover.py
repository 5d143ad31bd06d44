"""Namespaces that the environment gives up without removing them: our marks go, all else stays."""

from __future__ import annotations

from reconciler.model.attachment import ATTACHED_ACCOUNTS
from reconciler.model.cluster import OWN_MANAGER
from reconciler.model.json import Json, JsonMap, as_map, dig, maps_at, text_at
from reconciler.model.ownership import ADOPTED, ENVIRONMENT, MANAGED_BY

_MARKS = frozenset({ENVIRONMENT, MANAGED_BY, ADOPTED, ATTACHED_ACCOUNTS})
_PLACES = ("labels", "annotations")


def handed_over(live: JsonMap) -> JsonMap:
    """What to apply: what we have set on a namespace but for our marks, which an apply without them removes."""
    metadata: dict[str, Json] = {"name": text_at(live, "metadata", "name")}
    for place in _PLACES:
        ours = {key for entry in maps_at(live, "metadata", "managedFields") for key in _set_by_us(entry, place)}
        held = as_map(dig(live, "metadata", place))
        metadata[place] = {key: held[key] for key in sorted(ours.intersection(held) - _MARKS)}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def without_marks(live: JsonMap) -> JsonMap:
    """What is live after that."""
    metadata = as_map(live.get("metadata"))
    rest = {place: _unmarked(metadata[place]) for place in _PLACES if place in metadata}
    return {**live, "metadata": {**metadata, **rest}}


def _unmarked(values: Json) -> Json:
    return {key: value for key, value in as_map(values).items() if key not in _MARKS}


def _set_by_us(entry: JsonMap, place: str) -> set[str]:
    if text_at(entry, "manager") != OWN_MANAGER:
        return set()
    return {key.removeprefix("f:") for key in as_map(dig(entry, "fieldsV1", "f:metadata", f"f:{place}"))}
