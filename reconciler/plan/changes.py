"""Previews of objects → changes to show: masked, field by field, with who wrote what drifted."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.compare import Difference, differences, meaningful, missing_from, show
from reconciler.model.json import Json, JsonMap
from reconciler.model.manifest import as_stored
from reconciler.model.object_version import version_of
from reconciler.model.observed import Obstacle, Preview
from reconciler.model.plan import FieldChange, ObjectChange, Verb
from reconciler.model.secret import Mask, mask_secret_object
from reconciler.plan.writers import writer


def change(preview: Preview, mask: Mask, ours: str | None = None) -> ObjectChange | None:
    """What a preview changes, or None when it changes nothing.

    With `ours`, the field manager that we write as, each field names who else wrote it.
    """
    if preview.before is None:
        fields = tuple(_content(preview.after or {}, mask))
        return ObjectChange(Verb.CREATE, preview.id, fields, preview.verified, preview.note)
    if preview.after is None:
        return ObjectChange(Verb.DELETE, preview.id, (), preview.verified, preview.note, version_of(preview.before))
    found = _found(preview.before, preview.after, preview)
    if not found:
        return None
    fields = tuple(_field(difference, preview.before, mask, ours) for difference in found)
    verb = Verb.REPLACE if Obstacle.IMMUTABLE in preview.obstacles else Verb.UPDATE
    return ObjectChange(verb, preview.id, fields, preview.verified, preview.note, version_of(preview.before))


def _found(before: JsonMap, after: JsonMap, preview: Preview) -> list[Difference]:
    if Obstacle.IMMUTABLE in preview.obstacles and preview.desired is not None:
        # What the server adds to a new object by itself is not known, and no difference.
        return list(missing_from(as_stored(preview.desired), before))
    return differences(before, after)


def _content(item: JsonMap, mask: Mask) -> Iterator[FieldChange]:
    shown = mask_secret_object(meaningful(item))
    for key in shown:
        if key not in ("apiVersion", "kind"):
            yield FieldChange(key, None, mask.json(shown[key]))


def _field(difference: Difference, live: JsonMap, mask: Mask, ours: str | None) -> FieldChange:
    before, after = difference.before, difference.after
    if live.get("kind") == "Secret" and difference.path[0] in ("data", "stringData"):
        before, after = _hidden(before, "old value"), _hidden(after, "new value")
    who = writer(live, difference.path, ours) if ours else None
    return FieldChange(mask.text(show(difference.path)), mask.json(before), mask.json(after), who)


def _hidden(value: Json, word: str) -> Json:
    return None if value is None else f"({word}, secret)"
