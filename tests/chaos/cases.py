"""One case: a scenario, a fault at one request, and what has to hold afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.proxy import Strike
from tests.chaos.requests import Asked
from tests.chaos.runs import Ran
from tests.chaos.world import World, leaks

_KILLED = -9
_UNWORTHY = ("Traceback", "a bug in reconciler")


@dataclass(frozen=True)
class Scenario:
    """What an apply has to do.

    Attributes:
        prepare: makes it so that an apply has that to do; on a world that was converged, or is new.
        watches: whether the apply waits for something, so that it watches.
    """

    name: str
    prepare: Callable[[World], None]
    watches: bool = True


class Result(StrEnum):
    """How a case ended."""

    BY_ITSELF = "recovered by itself"
    NEXT_RUN = "said what failed; the next run repaired it"
    AFTER_KILL = "killed; the next run repaired it"
    NOT_STRUCK = "ended before the fault"
    BROKEN = "broken"


@dataclass(frozen=True)
class Verdict:
    """What became of one case; `problems` are promises that were not kept."""

    scenario: str
    strike: Strike
    struck: Asked | None
    result: Result
    problems: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        where = f"request {self.strike.number}" + (f" ({self.struck.kind})" if self.struck else "")
        return (
            f"{self.scenario}, {self.strike.fault} at {where}: {'; '.join(self.problems) or self.result}\n{self.text}"
        )


def run_case(world: World, scenario: Scenario, strike: Strike) -> Verdict:
    """Have a fault strike an apply; apply again; and again, which must write nothing."""
    scenario.prepare(world)
    faulty = world.run("apply", strike=strike)
    # A run that says that it has converged has to have: no second one helps it.
    runs = [faulty] if faulty.code == 0 else [faulty, world.run("apply", "--lock-timeout", "30s")]
    problems = [*_of_faulty(faulty), *_of_converged(runs[-1]), *world.problems()]
    runs.append(world.run("apply"))
    problems += [*_of_idle(runs[-1]), *(f"{name} is in the output" for run in runs for name in leaks(run.text))]
    result = Result.BROKEN if problems else _result(faulty)
    return Verdict(scenario.name, strike, faulty.struck, result, tuple(problems), "\n".join(run.text for run in runs))


def _result(faulty: Ran) -> Result:
    if faulty.struck is None:
        return Result.NOT_STRUCK
    if faulty.code == 0:
        return Result.BY_ITSELF
    return Result.AFTER_KILL if faulty.code == _KILLED else Result.NEXT_RUN


def _of_faulty(run: Ran) -> Iterator[str]:
    yield from (f"it printed {word!r}" for word in _UNWORTHY if word in run.text)
    if run.code not in (0, 1, _KILLED):
        yield f"it ended with {run.code}"


def _of_converged(run: Ran) -> Iterator[str]:
    if run.code != 0:
        yield f"the next run ended with {run.code}"


def _of_idle(run: Ran) -> Iterator[str]:
    if run.code != 0:
        yield f"the run after that ended with {run.code}"
    for asked in run.writes:
        yield f"the run after that wrote: {asked.method} {asked.target}"
