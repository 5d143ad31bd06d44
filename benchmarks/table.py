"""The figures as a Markdown table, beside the aims."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.measure import Figure
from benchmarks.scenarios import CHANGE_ALL, HELP, INSTALL, NOTHING, PLAN, SCENARIOS, START, VALIDATE
from reconciler import __version__
from reconciler.sandbox.catalog import HELM_VERSION, KUBERNETES_VERSION

# The aims of the issue, for two cores: (scenario, releases; 0: any number) → seconds, and megabytes if limited.
AIMS: Mapping[tuple[str, int], tuple[float, float | None]] = {
    (HELP, 0): (0.15, None),
    (INSTALL, 50): (5.0, None),
    (PLAN, 50): (1.5, None),
    (PLAN, 500): (4.0, 200.0),
    (NOTHING, 50): (1.5, None),
    (NOTHING, 500): (4.0, 200.0),
    (CHANGE_ALL, 50): (8.0, None),
}
VALIDATE_AFTER_START = (500, 1.0)

Figures = Mapping[str, Mapping[str, Figure]]
"""Tool → scenario → what it took."""


def table(size: int, figures: Figures) -> str:
    """One table for one number of releases."""
    others = [tool for tool in figures if tool != "reconcile"]
    head = ["scenario", "reconcile s", "CPU s", "MB", *(f"{tool} s" for tool in others), "aim", "met"]
    rows = [_row(scenario, size, figures, others) for scenario in SCENARIOS]
    lines = [head, ["---", *["---:"] * (len(head) - 3), "---", "---"], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _row(scenario: str, size: int, figures: Figures, others: Sequence[str]) -> list[str]:
    ours = figures.get("reconcile", {})
    mine = ours.get(scenario)
    aim, met = _aim(scenario, size, ours)
    return [
        scenario,
        _seconds(mine),
        f"{mine.cpu_seconds:.2f}" if mine else "",
        f"{mine.megabytes:.0f}" if mine else "",
        *(_seconds(figures[tool].get(scenario)) for tool in others),
        aim,
        met,
    ]


def _seconds(figure: Figure | None) -> str:
    if figure is None:
        return "—"
    if len(figure.runs) == 1:
        return f"{figure.seconds:.2f}"
    return f"{figure.seconds:.2f} ({figure.median:.2f})"


def _aim(scenario: str, size: int, ours: Mapping[str, Figure]) -> tuple[str, str]:
    figure = ours.get(scenario)
    if scenario == VALIDATE and size == VALIDATE_AFTER_START[0]:
        limit = VALIDATE_AFTER_START[1]
        taken = figure.seconds - ours[START].seconds if figure else None
        return f"start-up + {limit:g} s", "" if taken is None else f"{_yes(taken < limit)} (+{taken:.2f})"
    aim = AIMS.get((scenario, size)) or AIMS.get((scenario, 0))
    if aim is None:
        return "", ""
    seconds, megabytes = aim
    shown = f"{seconds:g} s" + (f", {megabytes:g} MB" if megabytes else "")
    if figure is None:
        return shown, ""
    return shown, _yes(figure.seconds < seconds and figure.megabytes < (megabytes or float("inf")))


def _yes(met: bool) -> str:  # noqa: FBT001 - a word for it
    return "yes" if met else "**no**"


def machine() -> str:
    """On what it was measured."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    parts = [
        f"{os.cpu_count()} cores ({_processor()})",
        f"load before {load}",
        f"reconcile {__version__}",
        f"Python {platform.python_version()}",
        f"helm {HELM_VERSION}",
        f"Kubernetes {KUBERNETES_VERSION}",
    ]
    return " · ".join(parts)


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1) if found else platform.machine()


def helmfile_version(program: str) -> str:
    """What helmfile says that it is."""
    command = [program, "version", "--output", "short"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - our own
