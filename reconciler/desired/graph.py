"""Who needs whom among the releases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def find_cycle(needs: Mapping[str, Iterable[str]]) -> list[str] | None:
    """A circle among the names, its first name repeated at the end; None where there is none.

    Walks without recursion, so that a chain of any length is fine.
    """
    done: set[str] = set()
    for start in needs:
        cycle = _cycle_from(start, needs, done)
        if cycle:
            return cycle
    return None


def _cycle_from(start: str, needs: Mapping[str, Iterable[str]], done: set[str]) -> list[str] | None:
    path: dict[str, None] = {}
    stack: list[tuple[str, bool]] = [(start, False)]
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
