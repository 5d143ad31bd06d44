"""Every fault at every request that it can befall, and at no other."""

from __future__ import annotations

from tests.chaos.faults import OF_ONE_REQUEST, Fault
from tests.chaos.requests import Asked
from tests.chaos.selection import every, one

READ = Asked(0, "GET", "/api/v1/namespaces/a/pods")
WRITE = Asked(1, "PATCH", "/api/v1/namespaces/a/pods/b")
WATCH = Asked(2, "GET", "/api/v1/namespaces/a/pods?watch=true")
AGAIN = Asked(3, "GET", "/api/v1/namespaces/c/pods")


def test_every_request_is_struck() -> None:
    """Conflicts only befall writes, and a watch alone can be gone."""
    strikes = {(strike.fault, strike.number) for strike in every([READ, WRITE, WATCH], OF_ONE_REQUEST)}
    assert {number for fault, number in strikes if fault is Fault.KILL_BEFORE} == {0, 1, 2}
    assert {number for fault, number in strikes if fault is Fault.CONFLICT} == {1}
    assert {number for fault, number in strikes if fault is Fault.GONE} == {2}
    assert {number for fault, number in strikes if fault is Fault.TRUNCATED} == {0, 1}


def test_one_of_another_kind_each_time() -> None:
    """Requests that differ by names alone are of one kind; after the last kind the first one comes again."""
    found = [one([READ, WRITE, WATCH, AGAIN], Fault.KILL_BEFORE, turn).number for turn in range(4)]
    assert found == [0, 1, 2, 0]
