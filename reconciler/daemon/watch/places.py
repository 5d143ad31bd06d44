"""Which places are watched for what is expected; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from reconciler.daemon.watch.expected import Source
from reconciler.model.watch import Place

Spot = tuple[Source, Place]

# One watch sees all namespaces where there would be more than these: each is a connection and a thread.
_FEW = 3
# What is watched for one user of one cluster. Without the right to watch all namespaces at once there may be more.
MOST = 200


def spots(wanted: Iterable[Mapping[Source, frozenset[str]]], forbidden: AbstractSet[Source]) -> list[Spot]:
    """The places of all sources; of those that may not be watched in all namespaces at once, one by one."""
    merged: dict[Source, frozenset[str]] = {}
    for sources in wanted:
        for source, namespaces in sources.items():
            merged[source] = merged.get(source, frozenset()) | namespaces
    return [spot for source, names in merged.items() for spot in _of(source, names, everywhere=source not in forbidden)]


def bounded(found: Iterable[Spot]) -> tuple[list[Spot], int]:
    """Those that are watched, and how many are not."""
    count: dict[object, int] = {}
    kept: list[Spot] = []
    left = 0
    for source, place in found:
        count[source.access] = count.get(source.access, 0) + 1
        if count[source.access] > MOST:
            left += 1
        else:
            kept.append((source, place))
    return kept, left


def _of(source: Source, namespaces: frozenset[str], *, everywhere: bool) -> Iterator[Spot]:
    names = [""] if everywhere and len(namespaces) > _FEW else sorted(namespaces)
    for name in names:
        yield source, Place(source.resource, name, source.selector, source.whole)
