"""Where two sets of values differ, exactly.

Values are no objects of the API: an empty list, an empty text or null overrides a chart's default, the order of a list
is an order in the templates, and no key is the server's.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.compare import Path
from reconciler.model.json import Json


def changed(before: Json, after: Json, path: Path = ()) -> Iterator[Path]:
    """The paths of all values that are not the same in both."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            if key in before and key in after:
                yield from changed(before[key], after[key], (*path, key))
            else:
                yield (*path, key)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (item, other) in enumerate(zip(before, after, strict=True)):
            yield from changed(item, other, (*path, index))
    elif not _same(before, after):
        yield path


def _same(before: Json, after: Json) -> bool:
    # In JSON true is not 1, as it is in Python.
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    # Helm keeps every number as a 64-bit float, so a large integer comes back rounded.
    if isinstance(before, int | float) and isinstance(after, int | float):
        return float(before) == float(after)
    return before == after
