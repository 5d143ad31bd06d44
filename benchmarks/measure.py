"""Whole processes, measured: wall time, processor time, peak memory."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_LAUNCHER = Path(__file__).with_name("launch.py")


class UnexpectedError(Exception):
    """A command, or what it left in the cluster, was not as a correct run leaves it: its time says nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one process cost, or several one after the other.

    Attributes:
        megabytes: the peak of the largest process.
    """

    seconds: float
    cpu_seconds: float
    megabytes: float
    output: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One scenario with one tool: all its runs."""

    runs: tuple[Run, ...]

    @property
    def seconds(self) -> float:
        return min(run.seconds for run in self.runs)

    @property
    def median(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    @property
    def cpu_seconds(self) -> float:
        return min(run.cpu_seconds for run in self.runs)

    @property
    def megabytes(self) -> float:
        return max(run.megabytes for run in self.runs)

    def document(self) -> dict[str, Any]:
        """For JSON."""
        runs = [{name: value for name, value in asdict(run).items() if name != "output"} for run in self.runs]
        return {"seconds": self.seconds, "median": self.median, "megabytes": self.megabytes, "runs": runs}


@dataclass(frozen=True, slots=True)
class Shell:
    """Where the measured processes run."""

    folder: Path
    environ: Mapping[str, str]

    def run(self, command: Sequence[str], *, expected: int = 0) -> Run:
        """Run and measure one process.

        Raises:
            UnexpectedError: it ended with another exit code.
        """
        result, log = self.folder / ".result", self.folder / ".log"
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(result), str(log), *command]
        subprocess.run(launcher, cwd=self.folder, env=dict(self.environ), check=True)  # noqa: S603 - our own
        found = json.loads(result.read_text(encoding="utf-8"))
        output = log.read_text(encoding="utf-8", errors="replace")
        if found["code"] != expected:
            shown = " ".join(command)
            raise UnexpectedError(f"exit code {found['code']}, not {expected}, of: {shown}\n{output[-3000:]}")
        return Run(found["seconds"], found["cpu_seconds"], found["megabytes"], output)


def repeated(times: int, run: Callable[[], Run]) -> Figure:
    """The same thing several times."""
    return Figure(tuple(run() for _ in range(times)))


def in_a_row(runs: Iterable[Run]) -> Figure:
    """Several processes one after the other, as one run."""
    done = list(runs)
    return Figure(
        (
            Run(
                sum(run.seconds for run in done),
                sum(run.cpu_seconds for run in done),
                max(run.megabytes for run in done),
            ),
        )
    )
