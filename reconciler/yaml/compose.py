"""From YAML events to values, without recursion and within bounds.

Parsers compose by recursion, libyaml's in C: 200,000 brackets overflow the stack and end the process. Here the events
are composed by a loop, so a hostile document ends in a `YamlError`, never in a crash or a full memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from reconciler.model.json import Scalar
from reconciler.yaml.parsers import Parser
from reconciler.yaml.scalars import resolve

T = TypeVar("T")

# Kubernetes objects nest about 20 deep; the API server itself refuses what nests deeper than 10,000.
MAX_DEPTH = 200
# Values that aliases may add by repetition. "Billion laughs" needs nine lines to make 10^9 of them.
MAX_ALIASED = 100_000

_TAG_PREFIX = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the text; counted from 0, as the parser does."""

    line: int
    column: int


class YamlError(Exception):
    """The text is no YAML, or exceeds a bound; `mark` says where."""

    def __init__(self, problem: str, mark: Mark) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mark = mark


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a value holds: the values in it, itself included, and how deep they nest."""

    count: int
    depth: int


@dataclass(frozen=True, slots=True)
class Builder(Generic[T]):
    """How a consumer wants its values made. The marks are the parser's: `line` and `column` from 0.

    Attributes:
        scalar: value, its text as written, whether it was written without quotes, mark.
        sequence: items, mark.
        mapping: key, value, key, value, … in order, mark; may raise YamlError for keys that it does not take.
        extent: how much a value holds; only asked for values that an alias repeats.
    """

    scalar: Callable[[Scalar, str, bool, Any], T]
    sequence: Callable[[list[T], Any], T]
    mapping: Callable[[list[T], Any], T]
    extent: Callable[[T], Extent]


@dataclass(slots=True)
class _Open(Generic[T]):
    """A sequence or mapping whose end has not been reached."""

    items: list[T]
    anchor: str | None
    mark: Any
    build: Callable[[list[T], Any], T]


class _Composer(Generic[T]):
    """Composes one stream."""

    def __init__(self, text: str, builder: Builder[T], parser: Parser) -> None:
        self._next_event = parser.open(text)
        self._events = parser.events
        self._builder = builder
        self._stack: list[_Open[T]] = []
        self._anchors: dict[str, T] = {}
        self._aliased = 0

    def documents(self) -> Iterator[T]:
        next_event, ev = self._next_event, self._events
        while type(event := next_event()) is not ev.StreamEndEvent:
            if type(event) is ev.DocumentStartEvent:
                self._anchors = {}
                yield self._document()

    def _document(self) -> T:
        """The root value of the document that has just started."""
        next_event, stack, opens = self._next_event, self._stack, self._events.CollectionStartEvent
        while True:
            event = next_event()
            if isinstance(event, opens):
                self._open(event)
                continue
            value = self._complete(event)
            if not stack:
                return value
            stack[-1].items.append(value)

    def _open(self, event: Any) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise _too_deep(event.start_mark)
        builder = self._builder
        build = builder.mapping if type(event) is self._events.MappingStartEvent else builder.sequence
        self._stack.append(_Open([], event.anchor, event.start_mark, build))

    def _complete(self, event: Any) -> T:
        """The value that this event completes: a scalar, an alias, or the collection that it ends."""
        if type(event) is self._events.AliasEvent:
            return self._alias(event)
        if type(event) is self._events.ScalarEvent:
            value, anchor = self._scalar(event), event.anchor
        else:
            closed = self._stack.pop()
            value, anchor = closed.build(closed.items, closed.mark), closed.anchor
        if anchor is not None:
            self._anchors[anchor] = value
        return value

    def _scalar(self, event: Any) -> T:
        text = event.value
        plain = event.implicit[0]
        value = resolve(text) if plain else _tagged(event)
        return self._builder.scalar(value, text, plain, event.start_mark)

    def _alias(self, event: Any) -> T:
        if event.anchor not in self._anchors:
            raise YamlError(f"alias *{event.anchor} has no anchor before it", _mark(event.start_mark))
        value = self._anchors[event.anchor]
        extent = self._builder.extent(value)
        self._aliased += extent.count
        if self._aliased > MAX_ALIASED:
            raise YamlError(f"its aliases expand to more than {MAX_ALIASED:,} values", _mark(event.start_mark))
        if len(self._stack) + extent.depth > MAX_DEPTH:
            raise _too_deep(event.start_mark)
        return value


def _too_deep(mark: Any) -> YamlError:
    return YamlError(f"nested more than {MAX_DEPTH} deep", _mark(mark))


def _tagged(event: Any) -> Scalar:
    """A quoted or tagged scalar: text, unless a tag asks for a number, a boolean, or null."""
    asked = str(event.tag or "").removeprefix(_TAG_PREFIX)
    return resolve(event.value) if asked in ("int", "float", "bool", "null") else str(event.value)


def _mark(mark: Any) -> Mark:
    return Mark(mark.line, mark.column)


def compose(text: str, builder: Builder[T], parser: Parser) -> Iterator[T]:
    """The documents of a YAML stream, in order.

    Raises:
        YamlError: the text is no YAML, or nests or repeats beyond the bounds.
    """
    try:
        yield from _Composer(text, builder, parser).documents()
    except parser.failed as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise YamlError(str(problem), _mark(mark) if mark else Mark(0, 0)) from error
