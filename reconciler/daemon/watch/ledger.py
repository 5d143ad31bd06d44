"""What a watch has told of a place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from reconciler.daemon.watch.expected import Expected, Version, packed, unpacked
from reconciler.model.compare import meaningful
from reconciler.model.identity import ObjectId
from reconciler.model.json import JsonMap


@dataclass(frozen=True, slots=True)
class Seen:
    """An object is there, in this state.

    Attributes:
        item: the object; packed, where it is kept for later; None: only its state was kept.
    """

    id: ObjectId
    state: Version
    item: JsonMap | bytes | None = field(repr=False)

    def changes(self, expected: Expected) -> bool:
        """Whether the object was not known to be so."""
        return expected.is_new(self.state)

    def after(self, expected: Expected) -> tuple[Expected, bool]:
        """As the object is expected after it, and whether somebody has to look at what it lacks."""
        now = expected.now(self.state, unpacked(self.item) if isinstance(self.item, bytes) else self.item)
        return now, now.lacking not in ("", expected.lacking)


@dataclass(frozen=True, slots=True)
class Gone:
    """An object is no longer there; it was in this state last, with the resourceVersion of its end."""

    id: ObjectId
    state: Version

    def changes(self, expected: Expected) -> bool:
        """Whether the object was not known to be so."""
        return expected.has_lost(self.state)

    def after(self, expected: Expected) -> tuple[Expected, bool]:
        """As the object is expected after it, and whether somebody has to look."""
        return expected.without(), not expected.may_go


Change = Seen | Gone
# Deletions that are remembered of one place: those while a run is at work, which are looked at when it has ended.
_REMEMBERED = 1000


class Ledger:
    """The last states of the objects of a place. For one thread at a time."""

    def __init__(self) -> None:
        self._present: dict[ObjectId, Version] = {}
        self._removed: dict[ObjectId, Version] = {}
        self._items: dict[ObjectId, bytes] = {}

    def enter(self, change: Change, *, with_item: bool) -> None:
        """Remember a change; with the object, where it can be judged only later."""
        for remembered in (self._present, self._removed, self._items):
            remembered.pop(change.id, None)
        if isinstance(change, Gone):
            self._removed[change.id] = change.state
            if len(self._removed) > _REMEMBERED:
                del self._removed[next(iter(self._removed))]
            return
        self._present[change.id] = change.state
        if with_item and isinstance(change.item, Mapping):
            self._items[change.id] = packed(meaningful(change.item))

    def forget_items(self) -> None:
        """All that was kept to be judged has been."""
        self._items.clear()

    def missing(self, present: AbstractSet[tuple[str, str]], order: int) -> list[Gone]:
        """What is remembered and not among these namespaces and names, which are all at a resourceVersion."""
        return [
            Gone(identity, replace(state, order=order))
            for identity, state in self._present.items()
            if (identity.namespace, identity.name) not in present
        ]

    def changes(self) -> Iterator[Change]:
        """Everything that is remembered."""
        yield from (Seen(identity, state, self._items.get(identity)) for identity, state in self._present.items())
        yield from (Gone(identity, state) for identity, state in self._removed.items())
