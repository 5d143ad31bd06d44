"""Circles in who needs whom."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

_Name = TypeVar("_Name", bound=Hashable)


def find_cycle(needs: Mapping[_Name, Iterable[_Name]]) -> list[_Name] | None:
    """A circle among the names, its first name repeated at the end; None where there is none.

    Walks without recursion, so that a chain of any length is fine.
    """
    done: set[_Name] = set()
    for start in needs:
        cycle = _cycle_from(start, needs, done)
        if cycle:
            return cycle
    return None


def _cycle_from(start: _Name, needs: Mapping[_Name, Iterable[_Name]], done: set[_Name]) -> list[_Name] | None:
    path: dict[_Name, None] = {}
    stack: list[tuple[_Name, bool]] = [(start, False)]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            del path[name]
            done.add(name)
        elif name in path:
            names = list(path)
            return [*names[names.index(name) :], name]
        elif name not in done:
            path[name] = None
            stack.append((name, True))
            stack.extend((needed, False) for needed in needs.get(name, ()))
    return None
