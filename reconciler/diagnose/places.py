"""Which line of the environment file a finding is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.errors import Location
from reconciler.model.desired import Release
from reconciler.model.json import Json

Path = tuple[str | int, ...]

# "1" may stand anywhere; a text of this length hardly means two things, nor does one under such a key.
_TELLING_LENGTH = 4
_TELLING_KEYS = ("image", "tag", "version", "repository", "name", "class", "port", "memory", "cpu")


def locate(release: Release, written: Iterable[str]) -> Location:
    """Where the first of these texts stands among the values; where none does, the release itself."""
    leaves = list(_leaves(release.values, ()))
    found = (path for text in written if text for path in _best(text, leaves))
    path = next(found, None)
    return release.where if path is None else release.sources.at(path)


def _best(text: str, leaves: Iterable[tuple[Path, Json]]) -> list[Path]:
    """Where a text stands, the places whose key says so first."""
    same = [path for path, value in leaves if str(value) == text]
    telling = [path for path in same if _is_telling(path)]
    return telling or (same if len(text) >= _TELLING_LENGTH else [])


def _is_telling(path: Path) -> bool:
    keys = [key.lower() for key in path[-1:] if isinstance(key, str)]
    return any(word in key for key in keys for word in _TELLING_KEYS)


def _leaves(value: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value
