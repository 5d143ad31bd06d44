"""Which cases there are: each fault at every request of an apply, or at one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tests.chaos.faults import Fault
from tests.chaos.proxy import Strike
from tests.chaos.requests import Asked


def every(asked: Iterable[Asked], faults: Iterable[Fault]) -> Iterator[Strike]:
    """Each fault at each request that it can befall."""
    requests = tuple(asked)
    for fault in faults:
        yield from (Strike(fault, request.number) for request in requests if fault.fits(request))


def one(asked: Sequence[Asked], fault: Fault, turn: int) -> Strike:
    """A fault at one request that it can befall; with each `turn` at one of another kind."""
    first: dict[str, Asked] = {}
    for request in asked:
        if fault.fits(request):
            first.setdefault(request.kind, request)
    chosen = list(first.values())[turn % len(first)]
    return Strike(fault, chosen.number, chosen.kind)
