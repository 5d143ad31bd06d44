"""Where in the user's files a text of a rendered object comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.errors import Location
from reconciler.model.desired import Release
from reconciler.model.json import Json

Path = tuple[str | int, ...]


def place_of(release: Release, wanted: Sequence[str]) -> Location:
    """The place of the value that is the first of these texts that any value is; else that of the release.

    A chart may well have put the text together from something else, or by itself.
    """
    scalars = [(path, str(value)) for path, value in _scalars(release.values, ())]
    for text in wanted:
        for path, value in scalars:
            if value == text:
                return release.sources.at(path)
    return release.where


def _scalars(value: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _scalars(item, (*path, key))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _scalars(item, (*path, number))
    elif value is not None and not isinstance(value, bool):
        yield path, value
