"""The matrix as tables: which fault, where, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tests.chaos.cases import Result, Verdict
from tests.chaos.faults import OF_ONE_REQUEST

BEGIN, END = "<!-- matrix: made by `make faults` -->", "<!-- end of the matrix -->"
_COLUMNS = {
    Result.BY_ITSELF: "recovered by itself",
    Result.NEXT_RUN: "said what failed, next run repaired",
    Result.AFTER_KILL: "killed, next run repaired",
    Result.NOT_STRUCK: "ended before it",
    Result.BROKEN: "**broken**",
}


def tables(verdicts: Sequence[Verdict], planned: Mapping[str, int], about: str) -> str:
    """Two tables in Markdown: by fault, and by scenario.

    Args:
        verdicts: the cases that were run.
        planned: scenario → how many requests its apply makes; each is struck by each fault that can befall it.
        about: what was measured when, on what.
    """
    by_fault = _table("fault", verdicts, lambda verdict: verdict.strike.fault, list(OF_ONE_REQUEST))
    by_scenario = _table("scenario", verdicts, lambda verdict: verdict.scenario, list(planned), planned)
    return "\n".join([about, "", *by_fault, "", *by_scenario])


def _table(
    head: str,
    verdicts: Iterable[Verdict],
    row_of: Callable[[Verdict], str],
    rows: Sequence[str],
    requests: Mapping[str, int] | None = None,
) -> Iterator[str]:
    counted = Counter((str(row_of(verdict)), verdict.result) for verdict in verdicts)
    extra = ["requests"] if requests else []
    yield _line([head, *extra, "cases", *_COLUMNS.values()])
    yield _line(["---", *("---:" for _ in [*extra, "cases", *_COLUMNS])])
    for row in rows:
        numbers = [counted[str(row), result] for result in _COLUMNS]
        told = [str(requests[row])] if requests else []
        yield _line([str(row), *told, str(sum(numbers)), *map(str, numbers)])
    totals = [sum(counted[str(row), result] for row in rows) for result in _COLUMNS]
    told = [str(sum(requests.values()))] if requests else []
    yield _line(["all", *told, str(sum(totals)), *map(str, totals)])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def replaced(page: str, matrix: str) -> str:
    """A page with the matrix between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{matrix}\n{END}{after}"
