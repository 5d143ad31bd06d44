"""What happens to an object, as lines of a diff: each begins with `+`, `-`, `@`, `#` or a space. Not cleaned."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.plan import FieldChange, ObjectChange, Verb
from reconciler.report.values import long_texts, text_diff, value_text

_TITLES = {
    Verb.CREATE: "+ {}",
    Verb.UPDATE: "@@ {} @@",
    Verb.REPLACE: "@@ {} @@ deleted and made anew",
    Verb.DELETE: "- {}",
}


def change_lines(change: ObjectChange) -> Iterator[str]:
    """The object, and what differs in it; of one that is made or deleted, the object alone."""
    yield _TITLES[change.verb].format(change.id)
    if change.note:
        yield f"# not checked by the server: {change.note}"
    if change.verb in (Verb.UPDATE, Verb.REPLACE):
        for field in change.fields:
            yield from _field_lines(field)


def _field_lines(field: FieldChange) -> Iterator[str]:
    texts = long_texts(field.before, field.after)
    who = f"  (by {field.writer})" if field.writer else ""
    if texts:
        yield f"# {field.path}:{who}"
        yield from text_diff(*texts)
        return
    if field.before is not None:
        yield f"- {field.path}: {value_text(field.before)}{who}"
    if field.after is not None:
        yield f"+ {field.path}: {value_text(field.after)}"
