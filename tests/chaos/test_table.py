"""The page says what was found, and nothing else of it is touched."""

from __future__ import annotations

from tests.chaos.cases import Result, Verdict
from tests.chaos.faults import Fault
from tests.chaos.proxy import Strike
from tests.chaos.table import BEGIN, END, replaced, tables


def _verdict(fault: Fault, result: Result) -> Verdict:
    return Verdict("install", Strike(fault, 0), None, result, (), "")


def test_each_case_is_counted_once_by_fault_and_once_by_scenario() -> None:
    """A row for each fault and each scenario, also for those without a case."""
    verdicts = [
        _verdict(Fault.BUSY, Result.BY_ITSELF),
        _verdict(Fault.BUSY, Result.NEXT_RUN),
        _verdict(Fault.KILL_AFTER, Result.AFTER_KILL),
        _verdict(Fault.BROKEN, Result.BROKEN),
    ]
    lines = tables(verdicts, {"install": 45, "upgrade": 56}, "Measured today.").splitlines()
    assert lines[0] == "Measured today."
    assert "| 429 Retry-After | 2 | 1 | 1 | 0 | 0 | 0 |" in lines
    assert "| SIGKILL after | 1 | 0 | 0 | 1 | 0 | 0 |" in lines
    assert "| slow | 0 | 0 | 0 | 0 | 0 | 0 |" in lines
    assert "| all | 4 | 1 | 1 | 1 | 0 | 1 |" in lines
    assert "| install | 45 | 4 | 1 | 1 | 1 | 0 | 1 |" in lines
    assert "| all | 101 | 4 | 1 | 1 | 1 | 0 | 1 |" in lines


def test_only_the_matrix_of_a_page_is_replaced() -> None:
    """What stands before and after it stays."""
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replaced(page, "new") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
