"""What was measured, as a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# The aims of the issue: the 99th percentile in seconds.
_AIMS = {"commit applied after its webhook": 10.0, "drift corrected": 5.0}


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest value that so large a part of them does not exceed."""
    return sorted(values)[max(math.ceil(len(values) * part) - 1, 0)]


@dataclass
class Figures:
    """Seconds by what was waited for, single figures, and what never happened."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    single: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    def took(self, what: str, seconds: float) -> None:
        """One more."""
        self.seconds.setdefault(what, []).append(seconds)

    def table(self) -> str:
        """In Markdown."""
        rows = ["| what | times | p50 s | p99 s | longest s | aim |", "| --- | ---: | ---: | ---: | ---: | --- |"]
        rows += [_row(what, values) for what, values in self.seconds.items()]
        return "\n".join([*rows, "", *_pairs(self.single)])


def _row(what: str, values: Sequence[float]) -> str:
    aim = _AIMS.get(what)
    high = quantile(values, 0.99)
    met = "" if aim is None else f"p99 under {aim:g} s: {'met' if high < aim else '**missed**'}"
    return f"| {what} | {len(values)} | {quantile(values, 0.5):.2f} | {high:.2f} | {max(values):.2f} | {met} |"


def _pairs(single: Mapping[str, str]) -> Sequence[str]:
    return ["| figure | |", "| --- | --- |", *(f"| {what} | {value} |" for what, value in single.items())]
