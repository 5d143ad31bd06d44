"""Who wrote a field of a live object, by its managedFields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from reconciler.model.compare import Path
from reconciler.model.json import Json, JsonMap, as_map, text_at


def writer(live: JsonMap, path: Path, ours: str) -> str | None:
    """The manager, other than `ours`, that last wrote the field, with the time of it; None where nobody did."""
    entries = as_map(live.get("metadata")).get("managedFields")
    found: list[tuple[str, str]] = []
    for entry in entries if isinstance(entries, list) else []:
        manager = text_at(entry, "manager")
        if manager != ours and _owns(as_map(entry).get("fieldsV1"), path):
            found.append((text_at(entry, "time"), manager))
    if not found:
        return None
    time, manager = max(found)
    return f"{manager} at {time}" if time else manager


def _owns(fields: Json, path: Path) -> bool:
    """Whether a fieldsV1 tree reaches `path`, or a part of it: a manager that wrote below wrote there as well."""
    trees: Sequence[Json] = [fields]
    for step in path:
        trees = [child for tree in trees for child in _children(tree, step)]
        if not trees:
            return False
        if any(tree == {} for tree in trees):
            return True
    return True


def _children(tree: Json, step: str | int) -> Iterator[Json]:
    """The subtrees for a key, or for any item where the step goes into a list."""
    into_list = isinstance(step, int) or step.startswith("[")
    for key, child in as_map(tree).items():
        if _fits(key, str(step)) if into_list else key == f"f:{step}":
            yield child


def _fits(key: str, step: str) -> bool:
    """`k:{"name":"web"}` fits `[web]`; a step by position fits any item."""
    if not key.startswith(("k:", "v:", "i:")):
        return False
    return step.isdigit() or step[1:-1] in map(str, as_map(json.loads(key[2:])).values())
