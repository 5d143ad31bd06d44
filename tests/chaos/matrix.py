"""`make faults`: every fault at every request of every scenario, on a control plane of its own.

What was found is kept beside the page line by line, so that a run that was ended goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reconciler import __version__
from reconciler.sandbox import Sandbox
from reconciler.sandbox.catalog import PROGRAMS
from tests.chaos.cases import Result, Scenario, Verdict, run_case
from tests.chaos.faults import OF_ONE_REQUEST
from tests.chaos.proxy import Strike, Upstream
from tests.chaos.scenarios import SCENARIOS
from tests.chaos.selection import every
from tests.chaos.table import replaced, tables
from tests.chaos.world import World

_PAGE = Path(__file__).parents[2] / "docs/reliability.md"
# A killed run's lock has to be waited for, so most cases wait most of the time.
_SIDE_BY_SIDE = 4


@dataclass(frozen=True)
class Case:
    """One cell of the matrix."""

    scenario: Scenario
    strike: Strike

    @property
    def key(self) -> str:
        """Names it in the file of what was found."""
        return f"{self.scenario.name}/{self.strike.fault.name}/{self.strike.number}"


class Record:
    """What was found so far; a line in a file for each case."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.found: dict[str, Verdict] = {}

    def load(self, cases: Sequence[Case]) -> None:
        """Take up what an earlier run has found."""
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        results = {line["case"]: Result(line["result"]) for line in map(json.loads, lines)}
        for case in cases:
            if case.key in results and results[case.key] is not Result.BROKEN:
                self.found[case.key] = Verdict(case.scenario.name, case.strike, None, results[case.key], (), "")

    def add(self, case: Case, verdict: Verdict) -> None:
        """Keep what a case has come to."""
        line = {"case": case.key, "result": verdict.result, "problems": verdict.problems}
        with self._lock, self._path.open("a") as file:
            self.found[case.key] = verdict
            file.write(json.dumps(line) + "\n")


def main() -> int:
    """Run the matrix; 1: a promise was not kept somewhere."""
    options = _options()
    with _control_plane() as upstream, tempfile.TemporaryDirectory() as folder:
        requests = _requests(World(upstream, Path(folder)))
        cases = _in_order([Case(scenario, strike) for scenario in SCENARIOS for strike in requests[scenario.name]])
        record = Record(options.record)
        record.load(cases)
        _run_all([case for case in cases if case.key not in record.found], record, upstream, Path(folder), options)
    numbers = {name: len({strike.number for strike in strikes}) for name, strikes in requests.items()}
    shown = tables(list(record.found.values()), numbers, _about(len(record.found), len(cases)))
    sys.stdout.write(f"{shown}\n")
    _PAGE.write_text(replaced(_PAGE.read_text(), shown))
    if len(record.found) == len(cases):
        options.record.unlink()
    return int(any(verdict.problems for verdict in record.found.values()))


def _in_order(cases: Sequence[Case]) -> list[Case]:
    """The kills first, then all others mixed: a run that is ended early did what matters most, and some of each."""
    mixed = random.Random(0).sample(cases, len(cases))  # noqa: S311 - an order, no secret
    return sorted(mixed, key=lambda case: not case.strike.fault.kills)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", type=Path, default=Path(".faults.jsonl"), help="what was found so far")
    parser.add_argument("--minutes", type=float, default=60.0, help="begin no case after that; run again to go on")
    parser.add_argument("--workers", type=int, default=_SIDE_BY_SIDE, help="cases side by side")
    return parser.parse_args()


@contextmanager
def _control_plane() -> Iterator[Upstream]:
    with tempfile.TemporaryDirectory() as home:
        sandbox = Sandbox("faults", Path(home))
        sandbox.up()
        try:
            yield Upstream.of(sandbox.kubeconfig_path.read_text())
        finally:
            sandbox.down()


def _requests(world: World) -> dict[str, list[Strike]]:
    """Scenario → all strikes: an apply without a fault tells what requests there are."""
    found: dict[str, list[Strike]] = {}
    for scenario in SCENARIOS:
        scenario.prepare(world)
        done = world.run("apply")
        assert done.code == 0, done.text
        found[scenario.name] = list(every(done.asked, OF_ONE_REQUEST))
    return found


def _run_all(cases: list[Case], record: Record, upstream: Upstream, folder: Path, options: argparse.Namespace) -> None:
    """Side by side, each thread in a world of its own. Ctrl-C lets the cases under way end."""
    end = time.monotonic() + options.minutes * 60
    left = deque(cases)

    def work(number: int) -> None:
        world = World(upstream, folder / str(number))
        while time.monotonic() < end and (case := _next(left)):
            verdict = run_case(world, case.scenario, case.strike)
            record.add(case, verdict)
            if verdict.problems:
                sys.stderr.write(f"{verdict}\n{verdict.text}\n")

    with ThreadPoolExecutor(options.workers) as pool:
        try:
            for done in [pool.submit(work, number) for number in range(options.workers)]:
                done.result()
        except KeyboardInterrupt:
            left.clear()


def _next(left: deque[Case]) -> Case | None:
    try:
        return left.popleft()
    except IndexError:
        return None


def _about(done: int, planned: int) -> str:
    kubernetes = PROGRAMS["kube-apiserver"].version
    part = "" if done == planned else f", {done} of {planned} cases"
    return f"Measured on {datetime.now(UTC):%Y-%m-%d}: reconciler {__version__}, Kubernetes {kubernetes}{part}."
