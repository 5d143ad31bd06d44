"""What a watch has told of a place."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from reconciler.daemon.expected import Expected, Version
from reconciler.model.identity import ObjectId
from reconciler.model.json import JsonMap


@dataclass(frozen=True, slots=True)
class Seen:
    """An object is there, in this state; `item` is None where only the state is remembered."""

    id: ObjectId
    state: Version
    item: JsonMap | None = field(repr=False)

    @property
    def after(self) -> Version | None:
        """The state of the object after it."""
        return self.state

    def changes(self, expected: Expected) -> bool:
        """Whether the object was not known to be so."""
        return expected.is_new(self.state)

    def is_drift(self, expected: Expected) -> bool:
        """Whether somebody has to look at the object because of it."""
        return self.item is None or expected.lacks(self.item)


@dataclass(frozen=True, slots=True)
class Gone:
    """An object is no longer there; it was in this state last, with the resourceVersion of its end."""

    id: ObjectId
    state: Version

    @property
    def after(self) -> Version | None:
        """None: there is no object."""
        return None

    def changes(self, expected: Expected) -> bool:
        """Whether the object was not known to be so."""
        return expected.has_lost(self.state)

    def is_drift(self, expected: Expected) -> bool:
        """Whether somebody has to look because of it."""
        return not expected.may_go


Change = Seen | Gone
# Deletions that are remembered of one place: those while a run is at work, which are looked at when it has ended.
_REMEMBERED = 1000


class Ledger:
    """The last states of the objects of a place. For one thread at a time."""

    def __init__(self) -> None:
        self._present: dict[ObjectId, Version] = {}
        self._removed: dict[ObjectId, Version] = {}

    def enter(self, change: Change) -> None:
        """Remember a change."""
        self._present.pop(change.id, None)
        self._removed.pop(change.id, None)
        if isinstance(change, Seen):
            self._present[change.id] = change.state
            return
        self._removed[change.id] = change.state
        if len(self._removed) > _REMEMBERED:
            del self._removed[next(iter(self._removed))]

    def missing(self, present: AbstractSet[tuple[str, str]], order: int) -> list[Gone]:
        """What is remembered and not among these namespaces and names, which are all at a resourceVersion."""
        return [
            Gone(identity, replace(state, order=order))
            for identity, state in self._present.items()
            if (identity.namespace, identity.name) not in present
        ]

    def changes(self) -> Iterator[Change]:
        """Everything that is remembered."""
        yield from (Seen(identity, state, None) for identity, state in self._present.items())
        yield from (Gone(identity, state) for identity, state in self._removed.items())
